import { userInfo } from 'node:os';
import { Command } from 'commander';
import { accept } from '../../functions/by-hand/accept/accept.ts';
import { backupName } from '../../layers/words/backup-name.ts';
import { findBackup } from './backup-name.ts';
import { EXIT } from './exit-code.ts';
import type { Run, Session } from './session.ts';

interface AcceptOptions {
  readonly database?: string;
  readonly reason?: string;
  readonly json?: boolean;
}

/** `accept`: what the newest backup holds is what it should, though nearly everything that was there is gone. */
export function acceptCommand(run: Run): Command {
  return new Command('accept')
    .description('say that a database is meant to hold so little; retention goes on then')
    .option('-d, --database <name>', 'the database')
    .option('-r, --reason <text>', 'why, for anyone who asks later')
    .option('--json', 'print JSON')
    .action((options: AcceptOptions) => run((session) => acceptNewest(session, options)));
}

async function acceptNewest(session: Session, { database, reason, json }: AcceptOptions): Promise<number> {
  const vault = session.vault();
  const backup = await findBackup(vault, 'latest', database);
  const accepted = await accept(vault, backup, {
    acceptedAt: session.now().toISOString(),
    by: userInfo().username,
    ...(reason !== undefined && { reason }),
  });
  const name = backupName(backup.entry);
  if (json) session.printJson({ backup: name, accepted });
  else session.print(`${name}: ${accepted ? DONE : NOTHING}`);
  return EXIT.ok;
}

const DONE = 'accepted as it is; later backups are compared with it, and retention goes on';
const NOTHING = 'nothing to accept: it holds about what the one before it does';
