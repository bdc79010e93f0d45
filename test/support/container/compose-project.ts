import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { containersConf, podman } from './podman.ts';

const run = promisify(execFile);

export interface ComposeProject {
  /** Starts services, and those that they depend on. */
  up(...services: readonly string[]): Promise<void>;
  /** Ends all services. Their volumes stay. */
  down(): Promise<void>;
  /** The container of a service. */
  container(service: string): string;
  /** Ends its containers, and removes all that it left. */
  remove(): Promise<void>;
}

/**
 * deploy/compose.yaml in a folder of its own, as somebody has it who copied it.
 *
 * @param variables - of its `.env`
 */
export async function composeProject(
  name: string,
  variables: Readonly<Record<string, string>>,
): Promise<ComposeProject> {
  const root = await mkdtemp(path.join(tmpdir(), 'pgvouch-compose-'));
  const folder = path.join(root, 'deploy');
  for (const part of [
    'deploy/compose.yaml',
    'deploy/monitoring',
    'functions/exporter/prometheus',
    'functions/exporter/grafana',
  ]) {
    await cp(part, path.join(root, part), { recursive: true });
  }
  const lines = Object.entries(variables).map(([key, value]) => `${key}=${value}\n`);
  await writeFile(path.join(folder, '.env'), lines.join(''), { mode: 0o600 });
  await writeFile(path.join(root, 'containers.conf'), containersConf());
  const compose = async (...args: readonly string[]) => {
    const env = { ...process.env, CONTAINERS_CONF: path.join(root, 'containers.conf') };
    await run('podman-compose', ['-p', name, '-f', 'compose.yaml', ...args], { cwd: folder, env, maxBuffer: 64e6 });
  };
  const down = async () => {
    const containers = await podman('ps', '--all', '--quiet', '--filter', `label=io.podman.compose.project=${name}`);
    if (containers === '') return;
    const mounts = ['--format', '{{range .Mounts}}{{.Name}} {{end}}', ...containers.split('\n')];
    const volumes = (await podman('inspect', ...mounts)).split(/\s+/);
    await compose('down');
    // Those that images ask for, and no file names: nobody would ever use them again.
    const nameless = volumes.filter((volume) => volume !== '' && !volume.startsWith(`${name}_`));
    if (nameless.length > 0) await podman('volume', 'rm', '--force', ...nameless);
  };
  return {
    up: (...services) => compose('up', '--detach', '--no-build', ...services),
    down,
    container: (service) => `${name}_${service}_1`,
    async remove() {
      await down();
      await podman('pod', 'rm', '--force', '--ignore', `pod_${name}`);
      const volumes = await podman('volume', 'ls', '--quiet', '--filter', `name=${name}_`);
      if (volumes !== '') await podman('volume', 'rm', '--force', ...volumes.split('\n'));
      await podman('network', 'rm', '--force', `${name}_default`).catch(() => {});
      await rm(root, { recursive: true, force: true });
    },
  };
}
