import { access, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Architecture, hostArchitecture, unpackDebianPackages } from '../../../layers/debian/debian-packages.ts';
import { runTool, type ToolResult } from '../../../layers/debian/tool.ts';
import { testStateDir } from '../servers/ceph.ts';

export type PrometheusProgram = 'prometheus' | 'promtool' | 'prometheus-alertmanager' | 'amtool';

export interface PrometheusPrograms {
  /** The folder that Alertmanager must be started in. */
  readonly root: string;
  /** How to start one: under the loader and the C library that it was made for. */
  command(program: PrometheusProgram, args: readonly string[]): { command: string; args: string[]; env: typeof LAZY };
  /** Runs one of the tools to its end, in a folder. */
  run(program: PrometheusProgram, args: readonly string[], input?: string): Promise<ToolResult>;
}

const LOADERS: Record<Architecture, string> = {
  amd64: 'x86_64-linux-gnu/ld-linux-x86-64.so.2',
  arm64: 'aarch64-linux-gnu/ld-linux-aarch64.so.1',
};

/** They would spend a third of their time on collecting garbage, and none runs for long. */
const LAZY = { GOGC: '800' } as const;

const TEMPLATES = '/usr/share/prometheus/alertmanager';
const binaries: Record<PrometheusProgram, string> = {
  prometheus: 'usr/bin/prometheus',
  promtool: 'usr/bin/promtool',
  'prometheus-alertmanager': 'alertmanager',
  amtool: 'usr/bin/amtool',
};

/** Debian's Prometheus and Alertmanager with their tools, unpacked beside what else tests need: 47 MB, once. */
export async function prometheusPrograms(): Promise<PrometheusPrograms> {
  const architecture = hostArchitecture();
  const root = join(testStateDir, `prometheus-${architecture}-1`);
  await unpackDebianPackages({
    suite: 'trixie',
    architecture,
    packages: ['prometheus', 'promtool', 'prometheus-alertmanager'],
    // The rest is for its old web pages.
    keep: (file) => /^(prometheus|promtool|prometheus-alertmanager|libc6)_/.test(file),
    into: root,
    cacheDir: join(testStateDir, 'debian'),
    mirror: process.env.DEBIAN_MIRROR,
  });
  await makeRelocatable(root);
  const loader = join(root, 'usr/lib', LOADERS[architecture]);
  const command = (program: PrometheusProgram, args: readonly string[]) => ({
    command: loader,
    args: ['--library-path', join(loader, '..'), '--argv0', program, join(root, binaries[program]), ...args],
    env: LAZY,
  });
  return {
    root,
    command,
    run(program, args, input) {
      const { command: path, args: full, env } = command(program, args);
      return runTool(path, full, { env, ...(input !== undefined && { input }) });
    },
  };
}

/**
 * Debian's Alertmanager reads its templates from /usr/share, where nothing of ours may be put, and no option changes
 * that. A copy of it looks below its working directory instead: the slash at the path's beginning goes to its end.
 */
async function makeRelocatable(root: string): Promise<void> {
  const copy = join(root, binaries['prometheus-alertmanager']);
  const there = await access(copy).then(
    () => true,
    () => false,
  );
  if (there) return;
  const program = await readFile(join(root, 'usr/bin/prometheus-alertmanager'));
  const relative = `${TEMPLATES.slice(1)}/`;
  const first = program.indexOf(TEMPLATES);
  if (first < 0) throw new Error('this Alertmanager has its templates elsewhere');
  for (let at = first; at >= 0; at = program.indexOf(TEMPLATES, at)) program.write(relative, at, 'latin1');
  // Several test files may do this at once: the copy is absent or complete.
  const folder = await mkdtemp(join(root, '.alertmanager-'));
  await writeFile(join(folder, 'copy'), program, { mode: 0o755 });
  await rename(join(folder, 'copy'), copy);
  await rm(folder, { recursive: true });
}
