import type { VerifyAs } from '../../events/verify-fired.ts';
import { isUnderWay } from '../../layers/backup/catalog.ts';
import { VaultError } from '../../layers/backup/errors.ts';
import { type BackupName, manifestKey, verdictKey } from '../../layers/backup/keys.ts';
import type { Manifest } from '../../layers/backup/manifest.ts';
import { isSealed, parseStoredManifest, type StoredManifest } from '../../layers/backup/sealed-manifest.ts';
import { isBad, isGood, parseVerdict, type Verdict, type VerdictName } from '../../layers/backup/verdict.ts';
import { renewed } from '../../layers/backup/verify-again.ts';
import { withoutContents } from '../../layers/backup/without-contents.ts';
import { readEntry } from '../../layers/catalog/read-catalog.ts';
import { CannotOpen } from '../../layers/seal/identities.ts';
import { openManifest } from '../../layers/seal/manifest.ts';
import type { VerifyDeps } from './deps.ts';
import { findIntact } from './find-intact.ts';
import { findVerdict } from './find-verdict.ts';
import { handOver } from './hand-over.ts';
import { isNewest } from './newest.ts';

/** Which backup, and how. */
export interface VerifyRequest extends BackupName {
  readonly signal: AbortSignal;
  /**
   * `again`: there may be a better scratch server now, and the verdict written last counts. `aged`: see `renewed` for what
   * becomes of the old verdict. By default `new`.
   */
  readonly as?: VerifyAs;
  /** When the run began that this is part of; now, by default. */
  readonly runStartedAt?: Date;
}

/**
 * Finds the verdict on one backup and writes it down. A verdict that stands already is found again: deliveries may
 * repeat.
 *
 * @returns the verdict, good or bad; undefined if the backup is gone, its drill goes on in the next run, or a task takes
 *   it over
 * @throws {@link VaultError} if the bucket failed, {@link ConfigError} if nothing was found out and another try may, or no
 *   task takes it over
 */
export async function verify(all: VerifyDeps, request: VerifyRequest): Promise<Verdict | undefined> {
  const deps = all.drillPlaceOf ? { ...all, drillPlace: all.drillPlaceOf(request.database) } : all;
  const { database, firedAt, signal, as = 'new', runStartedAt = deps.clock() } = request;
  const [again, aged] = [as === 'again', as === 'aged'];
  const name = { database, firedAt };
  const { vault, log } = deps;
  let stale = false;
  const facts = { database, firedAt: firedAt.toISOString() };
  const entry = await readEntry(vault, name);
  const key = manifestKey(vault.prefix, name);
  const text = entry?.manifest && (await vault.getText(key));
  if (entry === undefined || text === undefined) {
    log.info(facts, 'the backup does not exist, or no longer exists: nothing to verify');
    return undefined;
  }
  const stored = parseStoredManifest(text, key);
  const manifest = await openOrSay(deps, stored, key);
  const opens = typeof manifest !== 'string';
  const isOver = (one: VerdictName) =>
    !(again && MAY_CHANGE.includes(one)) && !(aged && isGood(one)) && !(one === 'intact' && opens);
  const at = entry.verdict && verdictKey(vault.prefix, name, entry.verdict);
  if (entry.verdict !== undefined && at !== undefined && isOver(entry.verdict)) {
    const known = parseVerdict((await vault.getText(at)) ?? '', at);
    if (isOnArchiveOf(known, text)) {
      log.info({ ...facts, verdict: known.verdict }, 'already verified');
      return known;
    }
    log.warn({ ...facts, ...known }, 'the verdict is on the archive of another delivery, whose manifest was replaced');
    stale = true;
  }
  const underWay = isUnderWay(entry);
  const isHandedOver =
    deps.task &&
    (await handOver(deps.task, { name, manifest: opens ? manifest : stored, as, underWay }, deps.drillPlace, log));
  if (isHandedOver) return undefined;
  const whole = opens
    ? await findVerdict(deps, name, manifest, { signal, runStartedAt, underWay })
    : await findIntact(deps, name, stored, manifest, signal);
  if (whole === undefined) {
    log.info(facts, 'the drill goes on in the next run');
    return undefined;
  }
  const found = isSealed(stored) ? withoutContents(whole) : whole;
  // Where the store keeps no conditions, another delivery's manifest may have come since: the verdict is not on that.
  if (!isOnArchiveOf(found, (await vault.getText(key)) ?? text)) return verify(deps, request);
  const verdict = aged || found.verdict === 'intact' ? renewed(await lastVerdict(deps, name), found) : found;
  const written = `${JSON.stringify(verdict, null, 2)}\n`;
  const replaces = again || aged || stale || entry.verdict === 'intact';
  await vault[replaces ? 'put' : 'putNew'](verdictKey(vault.prefix, name, verdict.verdict), written);
  if (found !== whole) log.info({ ...facts, reasons: whole.reasons }, 'what the verdict in the bucket does not say');
  log[isBad(verdict.verdict) ? 'error' : 'info']({ ...facts, ...verdict }, 'verified');
  // What is tried again was proved before, and an old one says nothing about today: they are no signs of life.
  if (deps.onProved && isGood(verdict.verdict) && !again && !aged && (await isNewest(deps, name, signal))) {
    await deps.onProved(name);
  }
  return verdict;
}

/** The whole manifest; or why it cannot be opened, a sentence. */
async function openOrSay({ identities }: VerifyDeps, stored: StoredManifest, key: string): Promise<Manifest | string> {
  if (!isSealed(stored)) return stored;
  if (identities === undefined) return 'It is sealed, and verify has no identity: nobody has looked at what it holds.';
  try {
    return await openManifest(stored, identities, key);
  } catch (error) {
    if (!(error instanceof CannotOpen)) throw error;
    return 'It was sealed for other recipients than that of the identity which verify has: nobody has looked at what it holds.';
  }
}

/** Whether a verdict is on the archive that the manifest names. One that cannot be read names no other. */
function isOnArchiveOf({ archiveKey }: Verdict, manifest: string): boolean {
  try {
    return (JSON.parse(manifest) as Pick<Manifest, 'archive'>).archive.key === archiveKey;
  } catch {
    return true;
  }
}

/** The verdict that stands now; undefined if nobody understands it: then the new one takes its place. */
async function lastVerdict({ vault, log }: VerifyDeps, name: BackupName): Promise<Verdict | undefined> {
  const last = (await readEntry(vault, name))?.verdict;
  if (last === undefined) return undefined;
  const key = verdictKey(vault.prefix, name, last);
  const text = await vault.getText(key);
  if (text === undefined) return undefined;
  try {
    return parseVerdict(text, key);
  } catch (error) {
    if (!(error instanceof VaultError)) throw error;
    log.warn({ err: error, key }, 'the verdict cannot be read: the new one takes its place');
    return undefined;
  }
}

/** Verdicts that speak of the scratch server, too. */
const MAY_CHANGE: readonly VerdictName[] = ['readable', 'intact', 'unrestorable'];
