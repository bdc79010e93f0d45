import { userInfo } from 'node:os';
import { Command } from 'commander';
import { keep, type Pinned, unkeep } from '../../functions/by-hand/keep/keep.ts';
import { backupName } from '../../layers/words/backup-name.ts';
import { findBackup } from './backup-name.ts';
import { EXIT } from './exit-code.ts';
import type { Run, Session } from './session.ts';

interface KeepOptions {
  readonly database?: string;
  readonly reason?: string;
  readonly undo?: boolean;
  readonly json?: boolean;
}

/** `keep`: pins a backup, which also undoes its retirement; or takes the pin away. */
export function keepCommand(run: Run): Command {
  return new Command('keep')
    .description('keep a backup whatever the policy says, even a retired one; --undo stops that')
    .argument('<backup>', 'shop/2026-11-23T02-00-00Z, or latest')
    .option('-d, --database <name>', 'the database of the backup')
    .option('-r, --reason <text>', 'why, for anyone who asks later')
    .option('--undo', 'leave the backup to the policy again')
    .option('--json', 'print JSON')
    .action((word: string, options: KeepOptions) => run((session) => keepOrNot(session, word, options)));
}

async function keepOrNot(session: Session, word: string, options: KeepOptions): Promise<number> {
  const vault = session.vault();
  const backup = await findBackup(vault, word, options.database);
  const { kept, how } = options.undo
    ? await unkeep(vault, backup)
    : await keep(vault, backup, {
        keptAt: session.now().toISOString(),
        by: userInfo().username,
        ...(options.reason !== undefined && { reason: options.reason }),
      });
  const name = backupName(backup.entry);
  if (options.json) session.printJson({ backup: name, kept, done: DONE[how] });
  else session.print(`${name}: ${DONE[how]}`);
  return EXIT.ok;
}

const DONE: Readonly<Record<Pinned['how'], string>> = {
  kept: 'kept until you run keep --undo',
  retired: 'kept until you run keep --undo; its retirement ends with the next run of retention',
  unkept: 'no longer kept: the policy decides',
  leaving: 'no longer kept once the lifecycle has removed the pin, within two days',
  'was not kept': 'was not kept by hand',
};
