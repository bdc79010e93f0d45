import { problemOfVerdict, subjectOfVerdict } from '../../layers/backup/bad-verdict.ts';
import { VaultError } from '../../layers/backup/errors.ts';
import { type BackupName, manifestKey, verdictKey } from '../../layers/backup/keys.ts';
import { parseManifest } from '../../layers/backup/manifest.ts';
import { isGood, parseVerdict, type Verdict, type VerdictName } from '../../layers/backup/verdict.ts';
import { readEntry } from '../../layers/catalog/read-catalog.ts';
import type { VerifyDeps } from './deps.ts';
import { findVerdict } from './find-verdict.ts';
import { isNewest } from './newest.ts';

/**
 * Finds the verdict on one backup, writes it down, and throws it if it is bad, so that the alarm is raised. A verdict
 * that stands already is found again: deliveries may repeat.
 *
 * @param again - whether a backup that is only readable, or unrestorable, is tried once more, as when a person asks for
 *   it: there may be a better scratch server now. The verdict written last counts
 * @param runStartedAt - when the run began that this is part of; now, by default
 * @returns the verdict, or undefined if the backup is gone
 * @throws {@link VaultError} if the verdict is bad, or the bucket failed
 */
export async function verify(
  deps: VerifyDeps,
  name: BackupName,
  signal: AbortSignal,
  again = false,
  runStartedAt = deps.clock(),
): Promise<Verdict | undefined> {
  const { vault, log } = deps;
  const facts = { database: name.database, firedAt: name.firedAt.toISOString() };
  const entry = await readEntry(vault, name);
  const key = manifestKey(vault.prefix, name);
  const text = entry?.manifest && (await vault.getText(key));
  if (entry === undefined || text === undefined) {
    log.info(facts, 'no such backup (any more): nothing to verify');
    return undefined;
  }
  if (entry.verdict !== undefined && !(again && MAY_CHANGE.includes(entry.verdict))) {
    const at = verdictKey(vault.prefix, name, entry.verdict);
    const known = parseVerdict((await vault.getText(at)) ?? '', at);
    log.info({ ...facts, verdict: known.verdict }, 'verified before');
    return raiseBad(known, name);
  }
  const verdict = await findVerdict(deps, name, parseManifest(text, key), { signal, runStartedAt });
  const written = `${JSON.stringify(verdict, null, 2)}\n`;
  await vault[again ? 'put' : 'putNew'](verdictKey(vault.prefix, name, verdict.verdict), written);
  log[isGood(verdict.verdict) ? 'info' : 'error']({ ...facts, ...verdict }, 'verified');
  // What is tried again was proved before, and an old one says nothing about today: they are no signs of life.
  if (deps.onProved && isGood(verdict.verdict) && !again && (await isNewest(deps, name, signal))) {
    await deps.onProved(name);
  }
  return raiseBad(verdict, name);
}

/** Verdicts that speak of the scratch server, too. */
const MAY_CHANGE: readonly VerdictName[] = ['readable', 'unrestorable'];

function raiseBad(verdict: Verdict, name: BackupName): Verdict {
  if (isGood(verdict.verdict)) return verdict;
  throw new VaultError({
    operation: 'verify',
    subject: subjectOfVerdict(name),
    problem: problemOfVerdict(verdict.verdict, verdict.reasons),
    hint:
      verdict.verdict === 'corrupt'
        ? 'do not rely on this backup: take another now, and find out what harmed the bucket; older ones are kept'
        : 'do not rely on this backup: mend what it says in the database, and take another now; if the scratch server was at fault, mend that, and `npx pgvouch verify` tries this one again',
  });
}
