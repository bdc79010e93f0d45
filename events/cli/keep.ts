import { userInfo } from 'node:os';
import { Command } from 'commander';
import { pinnableBase } from '../../functions/by-hand/keep/base.ts';
import { keep, type Pinnable, type Pinned, pinnable, unkeep } from '../../functions/by-hand/keep/keep.ts';
import { ConfigError } from '../../layers/backup/errors.ts';
import { findCluster, listBases } from '../../layers/catalog/read-cluster.ts';
import type { Vault } from '../../layers/vault/vault.ts';
import { findBackup } from './backup-name.ts';
import { chooseBase } from './base-name.ts';
import { EXIT } from './exit-code.ts';
import type { Run, Session } from './session.ts';

interface KeepOptions {
  readonly database?: string;
  readonly cluster?: string;
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
    .option('--cluster <name>', "a base backup of this cluster: its system identifier or its server's name")
    .option('-r, --reason <text>', 'why, for anyone who asks later')
    .option('--undo', 'leave the backup to the policy again')
    .option('--json', 'print JSON')
    .action((word: string, options: KeepOptions) => run((session) => keepOrNot(session, word, options)));
}

async function keepOrNot(session: Session, word: string, options: KeepOptions): Promise<number> {
  const vault = session.vault();
  const what = await find(session, vault, word, options);
  const { kept, how } = options.undo
    ? await unkeep(vault, what)
    : await keep(vault, what, {
        keptAt: session.now().toISOString(),
        by: userInfo().username,
        ...(options.reason !== undefined && { reason: options.reason }),
      });
  const { name } = what;
  if (options.json) session.printJson({ backup: name, kept, done: DONE[how] });
  else session.print(`${name}: ${DONE[how]}`);
  return EXIT.ok;
}

async function find(
  { signal }: Session,
  vault: Vault,
  word: string,
  { database, cluster: named }: KeepOptions,
): Promise<Pinnable> {
  if (named === undefined) return pinnable(vault, await findBackup(vault, word, database));
  if (database !== undefined) {
    const hint = 'a base backup is of all databases of a cluster';
    throw new ConfigError({ operation: 'keep', problem: '--database does not go with --cluster', hint });
  }
  const { systemIdentifier } = await findCluster(vault, named, signal);
  const { startedAt } = chooseBase(await listBases(vault, systemIdentifier, signal), word);
  return pinnableBase(vault, { systemIdentifier, startedAt });
}

const DONE: Readonly<Record<Pinned['how'], string>> = {
  kept: 'kept until you run keep --undo',
  retired: 'kept until you run keep --undo; its retirement ends with the next run of retention',
  unkept: 'no longer kept: the policy decides',
  leaving: 'no longer kept once the lifecycle has removed the pin, within two days',
  'was not kept': 'was not kept by hand',
};
