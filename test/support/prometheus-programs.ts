import { join } from 'node:path';
import { type Architecture, hostArchitecture, unpackDebianPackages } from '../../layers/pg-client/debian-packages.ts';
import { runTool, type ToolResult } from '../../layers/pg-client/tool.ts';
import { testStateDir } from './ceph.ts';

export type PrometheusProgram = 'prometheus' | 'promtool' | 'prometheus-alertmanager' | 'amtool';

export interface PrometheusPrograms {
  /** How to start one: under the loader and the C library that it was made for. */
  command(program: PrometheusProgram, args: readonly string[]): { command: string; args: string[] };
  /** Runs one of the tools to its end, in a folder. */
  run(program: PrometheusProgram, args: readonly string[], input?: string): Promise<ToolResult>;
}

const LOADERS: Record<Architecture, string> = {
  amd64: 'x86_64-linux-gnu/ld-linux-x86-64.so.2',
  arm64: 'aarch64-linux-gnu/ld-linux-aarch64.so.1',
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
  const loader = join(root, 'usr/lib', LOADERS[architecture]);
  const command = (program: PrometheusProgram, args: readonly string[]) => ({
    command: loader,
    args: ['--library-path', join(loader, '..'), '--argv0', program, join(root, 'usr/bin', program), ...args],
  });
  return {
    command,
    run(program, args, input) {
      const line = command(program, args);
      return runTool(line.command, line.args, input === undefined ? {} : { input });
    },
  };
}
