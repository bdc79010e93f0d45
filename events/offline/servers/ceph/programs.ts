import { join } from 'node:path';
import { ConfigError } from '../../../../layers/backup/errors.ts';
import { runTool } from '../../../../layers/debian/tool.ts';

export const cephPrograms = ['ceph-mon', 'ceph-osd', 'radosgw', 'radosgw-admin', 'monmaptool', 'osdmaptool'] as const;
export type CephProgram = (typeof cephPrograms)[number];

/** Where the programs are, and the cluster that they are to work on. */
export interface CephHome {
  readonly root: string;
  readonly dataDir: string;
}

/** The only variables that Ceph's programs get: CEPH_ARGS and LD_LIBRARY_PATH would lead them astray. */
export const cephEnvironment: NodeJS.ProcessEnv = { PATH: process.env.PATH, LC_ALL: 'C' };

/** The command line of a program under its own loader, with the cluster's configuration. */
export function cephCommand(
  { root, dataDir }: CephHome,
  program: CephProgram,
  args: readonly string[],
): { command: string; args: string[] } {
  const lib = join(root, 'lib');
  const loader = ['--inhibit-cache', '--library-path', lib, '--argv0', program, join(root, 'bin', program)];
  return { command: join(lib, 'ld.so'), args: [...loader, '-c', join(dataDir, 'ceph.conf'), ...args] };
}

/**
 * Runs one of Ceph's tools to its end.
 *
 * @throws {@link ConfigError} with the tool's last line if it fails, the signal's reason if it was aborted
 */
export async function runCeph(
  home: CephHome,
  program: CephProgram,
  args: readonly string[],
  options: { readonly signal: AbortSignal; readonly input?: string },
): Promise<void> {
  const { command, args: full } = cephCommand(home, program, args);
  const result = await runTool('setpriv', ['--pdeathsig', 'KILL', '--', command, ...full], {
    ...options,
    env: cephEnvironment,
  });
  if (result.exitCode === 0) return;
  throw new ConfigError({
    operation: 'set up the bucket server in',
    subject: home.dataDir,
    problem: `${program} failed: ${(result.stderr.trim() || result.stdout.trim()).split('\n').at(-1)}`,
  });
}
