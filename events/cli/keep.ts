import { userInfo } from 'node:os';
import { Command } from 'commander';
import type { Backup } from '../../functions/restore/backups.ts';
import { VaultError } from '../../layers/backup/errors.ts';
import type { Kept } from '../../layers/backup/kept.ts';
import { keptKey, retiredKey } from '../../layers/backup/keys.ts';
import type { Vault } from '../../layers/vault/vault.ts';
import { backupName, findBackup } from './backup-name.ts';
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
    .description('keep a backup whatever the policy says, retired or not; or no longer')
    .argument('<backup>', 'shop/2026-11-23T02-00-00Z, or latest')
    .option('-d, --database <name>', 'of which database')
    .option('-r, --reason <text>', 'why, for whoever wonders later')
    .option('--undo', 'leave it to the policy again')
    .option('--json', 'for programs')
    .action((word: string, options: KeepOptions) => run((session) => keepOrNot(session, word, options)));
}

async function keepOrNot(session: Session, word: string, options: KeepOptions): Promise<number> {
  const vault = session.vault();
  const backup = await findBackup(vault, word, options.database);
  const done = options.undo
    ? await unpin(vault, backup)
    : await pin(vault, backup, newPin(session.now(), options.reason));
  const name = backupName(backup.entry);
  if (options.json) session.printJson({ backup: name, kept: done.kept, done: done.text });
  else session.print(`${name}: ${done.text}`);
  return EXIT.ok;
}

interface Done {
  readonly kept: boolean;
  readonly text: string;
}

function newPin(now: Date, reason: string | undefined): Kept {
  return {
    format: 'pgvouch/kept',
    formatVersion: 1,
    keptAt: now.toISOString(),
    by: userInfo().username,
    ...(reason !== undefined && { reason }),
  };
}

/**
 * The pin first, then whatever the lifecycle was given already is taken back from it, without waiting for retention's
 * next run: that may come too late.
 */
async function pin(vault: Vault, backup: Backup, pinned: Kept): Promise<Done> {
  const { entry, retired } = backup;
  await vault.put(keptKey(vault.prefix, entry), `${JSON.stringify(pinned, null, 2)}\n`);
  if (retired?.taggedAt !== undefined) {
    for (const { key } of objectsOf(backup)) await vault.untag(key);
    // Should the pin go again before retention has run, the mark must not say that the lifecycle has them still.
    const { taggedAt: _, ...mark } = retired;
    await vault.put(retiredKey(vault.prefix, entry), `${JSON.stringify(mark, null, 2)}\n`);
  }
  if (!backup.complete) {
    throw new VaultError({
      operation: 'keep',
      subject: backupName(entry),
      problem: 'its archive is gone already',
      hint: 'a versioned bucket still has it: remove the delete marker of the archive, and verify again',
    });
  }
  if (!retired) return { kept: true, text: 'kept until you say keep --undo' };
  return { kept: true, text: 'kept until you say keep --undo; its retirement ends with the next run of retention' };
}

/**
 * That `kept.json` is there is what keeps, so undoing is deleting it. Who may not delete, as on AWS, gives it to the
 * lifecycle like everything else that goes: the pin then holds for a day or two more, which harms nobody.
 */
async function unpin(vault: Vault, { entry, kept }: Backup): Promise<Done> {
  if (!kept) return { kept: false, text: 'was not kept by hand' };
  const key = keptKey(vault.prefix, entry);
  try {
    await vault.remove(key);
    return { kept: false, text: 'no longer kept: the policy decides' };
  } catch (error) {
    if (!isDenied(error)) throw error;
    await vault.tagForRemoval(key);
    return { kept: true, text: 'no longer kept once the lifecycle has removed the pin, within two days' };
  }
}

function objectsOf({ entry }: Backup) {
  const manifest = entry.manifest ? [entry.manifest] : [];
  return [...entry.archives, ...entry.globals, ...manifest, ...entry.verdicts];
}

function isDenied(error: unknown): boolean {
  const { cause } = error as { cause?: { $metadata?: { httpStatusCode?: number } } };
  return cause?.$metadata?.httpStatusCode === 403;
}
