import { objectsOf } from '../../../layers/backup/catalog.ts';
import { VaultError } from '../../../layers/backup/errors.ts';
import type { Kept } from '../../../layers/backup/kept.ts';
import { keptKey, retiredKey } from '../../../layers/backup/keys.ts';
import type { Backup } from '../../../layers/catalog/backups.ts';
import type { Vault } from '../../../layers/vault/vault.ts';
import { backupName } from '../../../layers/words/backup-name.ts';

/** What became of a backup's pin. */
export interface Pinned {
  readonly kept: boolean;
  /** `retired`: kept, its retirement ends with retention's next run. `leaving`: the pin goes once the lifecycle takes it. */
  readonly how: 'kept' | 'retired' | 'unkept' | 'leaving' | 'was not kept';
}

/** What a person may pin: a dump's backup, or a base backup. */
export interface Pinnable {
  /** For people. */
  readonly name: string;
  readonly keys: { readonly kept: string; readonly retired: string };
  readonly kept: boolean;
  /** Its retirement, unless it was undone. */
  readonly retired: { readonly taggedAt?: string | undefined } | undefined;
  /** The keys of its objects; the indispensable ones come last. */
  readonly objects: readonly string[];
  /** Whether all that it needs is there. */
  readonly complete: boolean;
}

export function pinnable({ prefix }: Pick<Vault, 'prefix'>, { entry, kept, retired, complete }: Backup): Pinnable {
  return {
    ...{ name: backupName(entry), kept, retired, complete, objects: objectsOf(entry).map(({ key }) => key) },
    keys: { kept: keptKey(prefix, entry), retired: retiredKey(prefix, entry) },
  };
}

/**
 * Pins a backup. The pin comes first; then whatever the lifecycle was given already is taken back from it, without
 * waiting for retention's next run: that may come too late.
 *
 * @throws {@link VaultError} if its archive is gone already; the pin stands all the same
 */
export async function keep(vault: Vault, what: Pinnable, by: Pick<Kept, 'keptAt' | 'by' | 'reason'>): Promise<Pinned> {
  const { retired, keys } = what;
  const pin: Kept = { format: 'pgvouch/kept', formatVersion: 1, ...by };
  await vault.put(keys.kept, `${JSON.stringify(pin, null, 2)}\n`);
  if (retired?.taggedAt !== undefined) {
    // What cannot be done without first.
    for (const key of [...what.objects].reverse()) await vault.untag(key);
    // Should the pin go again before retention has run, the mark must not say that the lifecycle has them still.
    const { taggedAt: _, ...mark } = retired;
    await vault.put(keys.retired, `${JSON.stringify(mark, null, 2)}\n`);
  }
  if (!what.complete) {
    throw new VaultError({
      operation: 'keep',
      subject: what.name,
      problem: 'some of it is already gone',
      hint: 'a versioned bucket still has it: remove the delete markers of its files, and verify again',
    });
  }
  return { kept: true, how: retired ? 'retired' : 'kept' };
}

/**
 * Takes the pin away. That `kept.json` is there is what keeps, so undoing is deleting it. Who may not delete, as on AWS,
 * gives it to the lifecycle like everything else that goes: the pin then holds for a day or two more, which harms nobody.
 */
export async function unkeep(vault: Vault, { kept, keys }: Pinnable): Promise<Pinned> {
  if (!kept) return { kept: false, how: 'was not kept' };
  const key = keys.kept;
  try {
    await vault.remove(key);
    return { kept: false, how: 'unkept' };
  } catch (error) {
    if (!isDenied(error)) throw error;
    await vault.tagForRemoval(key);
    return { kept: true, how: 'leaving' };
  }
}

function isDenied(error: unknown): boolean {
  const { cause } = error as { cause?: { $metadata?: { httpStatusCode?: number } } };
  return cause?.$metadata?.httpStatusCode === 403;
}
