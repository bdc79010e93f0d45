import { join } from 'node:path';
import { type Architecture, hostArchitecture, unpackDebianPackages } from '../../../layers/debian/debian-packages.ts';
import { runTool, type ToolResult } from '../../../layers/debian/tool.ts';
import { testStateDir } from '../servers/ceph.ts';

const TRIPLES: Record<Architecture, string> = { amd64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' };

export interface SystemdAnalyze {
  /** Debian's own units. */
  readonly units: string;
  run(args: readonly string[]): Promise<ToolResult>;
}

/** Debian's systemd-analyze, unpacked beside what else tests need and run under the loader that it was made for. */
export async function systemdAnalyze(): Promise<SystemdAnalyze> {
  const architecture = hostArchitecture();
  const root = join(testStateDir, `systemd-${architecture}-1`);
  await unpackDebianPackages({
    suite: 'trixie',
    architecture,
    packages: ['systemd'],
    keep: (file) => /^(systemd_|lib|zlib1g_)/.test(file),
    into: root,
    cacheDir: join(testStateDir, 'debian'),
    mirror: process.env.DEBIAN_MIRROR,
  });
  const libraries = join(root, 'usr/lib', TRIPLES[architecture]);
  const loader = join(libraries, architecture === 'amd64' ? 'ld-linux-x86-64.so.2' : 'ld-linux-aarch64.so.1');
  const path = `${libraries}:${join(libraries, 'systemd')}`;
  return {
    units: join(root, 'usr/lib/systemd/system'),
    run: (args) =>
      runTool(loader, ['--library-path', path, join(root, 'usr/bin/systemd-analyze'), '--no-pager', ...args]),
  };
}
