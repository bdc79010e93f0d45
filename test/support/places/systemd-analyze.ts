import { join } from 'node:path';
import { runTool, type ToolResult } from '../../../layers/debian/tool.ts';
import { debianProgram } from '../servers/debian-program.ts';

export interface SystemdAnalyze {
  /** Debian's own units. */
  readonly units: string;
  run(args: readonly string[]): Promise<ToolResult>;
}

/** Debian's systemd-analyze. */
export async function systemdAnalyze(): Promise<SystemdAnalyze> {
  const program = await debianProgram({
    ...{ name: 'systemd', file: 'usr/bin/systemd-analyze', libraries: ['systemd'] },
    keep: (file) => /^(systemd_|lib|zlib1g_)/.test(file),
  });
  return {
    units: join(program.root, 'usr/lib/systemd/system'),
    run: (args) => runTool(program.command, [...program.args, '--no-pager', ...args]),
  };
}
