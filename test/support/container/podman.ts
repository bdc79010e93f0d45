import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** runc where it is installed: crun refuses control groups of some kernels. */
const RUNTIME = isInstalled('runc') ? ['--runtime', 'runc'] : [];
/** Its own defaults are more than some machines allow anybody. */
export const LIMITS = ['--ulimit', 'nofile=10000:10000', '--ulimit', 'nproc=30000:30000'];

/** The same for programs that start podman themselves, as the file that `CONTAINERS_CONF` names. */
export function containersConf(): string {
  const engine = isInstalled('runc') ? '[engine]\nruntime = "runc"\n' : '';
  return `${engine}[containers]\ndefault_ulimits = ["nofile=10000:10000", "nproc=30000:30000"]\n`;
}

/** Runs podman to its end. @returns what it printed; rejects with its complaint */
export async function podman(...args: readonly string[]): Promise<string> {
  const { stdout } = await run('podman', [...RUNTIME, ...args], { maxBuffer: 64e6 }).catch((error) => {
    const { stdout, stderr, code } = error as { stdout: string; stderr: string; code: number };
    throw new Error(`podman ${args.slice(0, 2).join(' ')} ended with ${code}: ${stderr.trim()}\n${stdout.trim()}`);
  });
  return stdout.trim();
}

/** Why this machine cannot run containers, one sentence; undefined if nothing is known that keeps it. */
export function whyNoPodman(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root may set limits of memory and processors here';
  if (!isInstalled('podman')) return 'podman is not installed: apt-get install podman runc iptables';
  if (!isInstalled('podman-compose')) return 'podman-compose is not installed: apt-get install podman-compose';
  return undefined;
}

function isInstalled(program: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
