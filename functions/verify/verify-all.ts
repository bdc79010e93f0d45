import type { VerifyFired } from '../../events/verify-fired.ts';
import { badVerdictError } from '../../layers/backup/bad-verdict.ts';
import { type Entry, isUnderWay, lacksVerdict } from '../../layers/backup/catalog.ts';
import { textOf } from '../../layers/backup/errors.ts';
import type { BackupName } from '../../layers/backup/keys.ts';
import type { Proved } from '../../layers/backup/proved.ts';
import { isBad, isGood } from '../../layers/backup/verdict.ts';
import { dueAgain } from '../../layers/backup/verify-again.ts';
import { readCatalog } from '../../layers/catalog/read-catalog.ts';
import type { Vault } from '../../layers/vault/vault.ts';
import type { VerifyDeps } from './deps.ts';
import { verify } from './verify.ts';

/**
 * Verifies what an event names; or every backup that has no verdict, and then those whose proof is old. One that fails does not keep the next from its
 * verdict; what went wrong is thrown at the end.
 *
 * @param signal - when it aborts, what is under way fails and the rest is left to the next run, in which it comes first:
 *   what came before it has its verdict then
 * @returns what is proved, now or before
 */
export async function verifyAll(deps: VerifyDeps, fired: VerifyFired, signal: AbortSignal): Promise<Proved[]> {
  const runStartedAt = deps.clock();
  const catalog = fired.kind === 'backups' ? [] : await allEntries(deps.vault);
  const names =
    fired.kind === 'backups' ? fired.names : unverified(catalog, fired.firedAt, deps.identities !== undefined);
  const as = fired.kind === 'backups' ? fired.as : 'new';
  const errors: unknown[] = [];
  const proved: Proved[] = [];
  for (const [index, name] of names.entries()) {
    if (signal.aborted) {
      deps.log.warn({ left: names.length - index }, 'ran out of time: the next run takes the remaining backups');
      break;
    }
    try {
      const found = await verify(deps, { ...name, signal, as, runStartedAt });
      if (found === undefined) continue;
      // A stored one is raised again on every delivery, so that no retry turns an alarm into a success.
      if (isBad(found.verdict)) throw badVerdictError(name, found);
      // Nobody has seen what it holds: it is no proof.
      if (!isGood(found.verdict)) continue;
      // What is looked at again because it is old says nothing about today.
      if (as === 'aged') continue;
      const { database, firedAt } = name;
      proved.push({ database, firedAt: firedAt.toISOString(), verdict: found.verdict });
    } catch (error) {
      errors.push(error);
    }
  }
  errors.push(...(await verifyAgain(deps, dueAgain(catalog, deps.againDays ?? 0, runStartedAt), signal, runStartedAt)));
  if (errors.length === 0) return proved;
  // Each was logged where it happened; the first speaks for all.
  for (const error of errors.slice(1)) deps.log.error({ err: error }, `also failed: ${textOf(error)}`);
  throw errors[0];
}

/**
 * Proves old proofs again, in what is left of the time. One that has turned bad is an error like any other bad verdict.
 * They say nothing about today, and are not answered.
 */
async function verifyAgain(
  deps: VerifyDeps,
  due: readonly BackupName[],
  signal: AbortSignal,
  runStartedAt: Date,
): Promise<unknown[]> {
  const errors: unknown[] = [];
  for (const { database, firedAt } of due) {
    if (signal.aborted) break;
    try {
      const found = await verify(deps, { database, firedAt, signal, as: 'aged', runStartedAt });
      if (found && isBad(found.verdict)) throw badVerdictError({ database, firedAt }, found);
    } catch (error) {
      // Its proof stands, and it comes first in the next run.
      if (signal.aborted)
        deps.log.warn({ database, firedAt }, 'ran out of time: its old proof is looked at in the next run');
      else errors.push(error);
    }
  }
  return errors;
}

async function allEntries(vault: Vault): Promise<Entry[]> {
  return [...(await readCatalog(vault)).entries.values()].flat();
}

/**
 * Backups without a verdict, newest first: the newest matters most. Those whose drill goes on come after them, since each
 * may take a whole run; the one begun first is finished first. And those that were found bad since the firing: when
 * a run that found one is tried again, it must fail again, or nobody would hear of it.
 */
function unverified(entries: readonly Entry[], firedAt: Date | undefined, opens: boolean): BackupName[] {
  return entries
    .filter(
      (entry) =>
        lacksVerdict(entry) ||
        (opens && isUnopened(entry)) ||
        (entry.manifest !== undefined && foundBadSince(entry, firedAt)),
    )
    .sort((a, b) => Number(isUnderWay(a)) - Number(isUnderWay(b)) || (isUnderWay(a) ? byAge(a, b) : byAge(b, a)));
}

/** It was sealed, and verify had no identity then: now it has one. */
function isUnopened({ manifest, verdict, retired }: Entry): boolean {
  return manifest !== undefined && verdict === 'intact' && retired === undefined;
}

function byAge(a: Entry, b: Entry): number {
  return a.firedAt.getTime() - b.firedAt.getTime();
}

/** By the store's clock, which is not ours; one that is ahead only throws an older verdict once more. */
function foundBadSince({ verdict, verdicts }: Entry, firedAt: Date | undefined): boolean {
  if (firedAt === undefined || verdict === undefined || !isBad(verdict)) return false;
  return verdicts.some(({ modifiedAt }) => modifiedAt >= firedAt);
}
