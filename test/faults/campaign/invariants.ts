import { createHash } from 'node:crypto';
import { buildCatalog, type Entry } from '../../../layers/backup/catalog.ts';
import { PgvouchError, textOf } from '../../../layers/backup/errors.ts';
import { formatFiredAt } from '../../../layers/backup/instant.ts';
import { type BackupName, manifestKey } from '../../../layers/backup/keys.ts';
import { type Manifest, parseManifest } from '../../../layers/backup/manifest.ts';
import { isGood } from '../../../layers/backup/verdict.ts';
import type { Vault } from '../../../layers/vault/vault.ts';
import { nameOf } from '../../support/world/world.ts';
import type { Run, Strike } from './fault.ts';
import { tellOperator } from './operator.ts';
import type { Place } from './place.ts';
import { disprove } from './proof-of-bytes.ts';

export const INVARIANTS = [
  'no false success',
  'no good backup lost',
  'nothing half visible',
  'the next run works',
  'the operator was told',
] as const;
export type Invariant = (typeof INVARIANTS)[number];

export interface Violation {
  readonly invariant: Invariant;
  readonly what: string;
}

/** The backups that were there before a fault. */
export interface Memory {
  /** Those not known to be bad, with the hash of each of their objects. */
  readonly good: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly bad: ReadonlySet<string>;
}

export interface Findings {
  readonly violations: readonly Violation[];
  /** What the operator read, one sentence a failed run. */
  readonly told: readonly string[];
  /** How often the next dump had to be tried. */
  readonly tries: number;
  /** Good backups whose verdict is bad: nothing is lost, but somebody was called for nothing. */
  readonly falseAlarms: number;
}

/** Reads every backup that is there. */
export async function remember({ vault, here }: Place): Promise<Memory> {
  const good = new Map<string, Map<string, string>>();
  const bad = new Set<string>();
  for (const entry of await entriesOf(vault, here.database)) {
    if (isBad(entry)) {
      bad.add(idOf(entry));
      continue;
    }
    const manifest = await manifestAt(vault, entry);
    const hashes = new Map<string, string>();
    for (const key of [manifest.archive.key, manifest.globals.key, manifestKey(vault.prefix, entry)]) {
      hashes.set(key, await hashOf(vault, key));
    }
    good.set(idOf(entry), hashes);
  }
  return { good, bad };
}

/**
 * The one check after every fault, which must be over: what the runs claimed is true, nothing good is gone, nothing
 * stands half in the bucket, the operator was told, and the next dump and the next look at what has no verdict work.
 */
export async function checkInvariants(place: Place, before: Memory, strike: Strike): Promise<Findings> {
  const violations: Violation[] = [];
  const report = (invariant: Invariant, what: string | undefined) => {
    if (what !== undefined) violations.push({ invariant, what });
  };
  const destroyed = new Set((strike.destroyed ?? []).map(idOf));
  const { vault, here } = place;

  for (const half of await halfVisible(place, destroyed)) report('nothing half visible', half);
  const disproveOnce = rememberingProofs(place);
  for (const run of strike.runs) report('no false success', await falseClaim(place, run, disproveOnce));
  for (const entry of await entriesOf(vault, here.database)) {
    if (entry.verdict === undefined || !isGood(entry.verdict) || before.good.has(idOf(entry))) continue;
    const why = await disproveOnce(await manifestAt(vault, entry), entry.verdict === 'restorable');
    report('no false success', why && `the verdict on ${idOf(entry)} is ${entry.verdict}, but ${why}`);
  }
  for (const lost of await lostBackups(place, before, destroyed)) report('no good backup lost', lost);

  const { told, untold } = await tellOperator(place, strike.runs);
  for (const what of untold) report('the operator was told', what);
  const { tries, problems } = await nextRun(place, destroyed);
  for (const problem of problems) report('the next run works', problem);
  let falseAlarms = 0;
  // By now all was looked at: what is good must be called so, and what was destroyed must not.
  for (const entry of await entriesOf(vault, here.database)) {
    const id = idOf(entry);
    if (destroyed.has(id)) {
      if (entry.verdict === undefined) report('the operator was told', `nobody found out that ${id} was destroyed`);
      else if (isGood(entry.verdict)) report('no false success', `${id} was destroyed, and is called ${entry.verdict}`);
    } else if (isBad(entry) && !before.bad.has(id)) {
      if (before.good.has(id)) report('no good backup lost', `the verdict on ${id} has become ${entry.verdict}`);
      else if (!(await disproveOnce(await manifestAt(vault, entry), false))) falseAlarms++;
    }
  }
  return { violations, told, tries, falseAlarms };
}

type Disprover = (manifest: Manifest, restored: boolean) => Promise<string | undefined>;

/** Several may claim the same of a backup within one check. */
function rememberingProofs(place: Place): Disprover {
  const known = new Map<string, Promise<string | undefined>>();
  return (manifest, restored) => {
    const id = JSON.stringify([manifest, restored]);
    const found = known.get(id) ?? disprove(place, manifest, restored);
    known.set(id, found);
    return found;
  };
}

async function halfVisible({ vault, here }: Place, destroyed: ReadonlySet<string>): Promise<string[]> {
  const objects = new Map((await vault.listAll()).map(({ key, sizeBytes }) => [key, sizeBytes]));
  const halves: string[] = [];
  for (const entry of await entriesOf(vault, here.database)) {
    // What was harmed, now or before, is whole no more, but verify says so.
    if (destroyed.has(idOf(entry)) || isBad(entry)) continue;
    const { archive, globals } = await manifestAt(vault, entry);
    for (const { key, sizeBytes } of [archive, globals]) {
      if (objects.get(key) === sizeBytes) continue;
      halves.push(`${idOf(entry)} has a manifest, but ${key} has ${objects.get(key) ?? 'no'} bytes, not ${sizeBytes}`);
    }
  }
  return halves;
}

/** Why what a run said of itself is not so. */
async function falseClaim(place: Place, run: Run, disproveOnce: Disprover): Promise<string | undefined> {
  if (run.error !== undefined || run.manifest === undefined) return undefined;
  if (run.function === 'verify' && (run.verdict === undefined || !isGood(run.verdict.verdict))) return undefined;
  const { manifest, verdict } = run;
  const key = manifestKey(place.vault.prefix, nameOf(manifest));
  const stored = await place.vault.getText(key);
  const claim = `${run.function} succeeded`;
  if (stored === undefined) return `${claim}, but there is no ${key}`;
  if (JSON.stringify(parseManifest(stored, key)) !== JSON.stringify(manifest)) return `${claim}, but ${key} differs`;
  const why = await disproveOnce(manifest, verdict?.verdict === 'restorable');
  return why && `${claim}, but ${why}`;
}

async function lostBackups({ vault }: Place, before: Memory, destroyed: ReadonlySet<string>): Promise<string[]> {
  const lost: string[] = [];
  for (const [id, hashes] of before.good) {
    if (destroyed.has(id)) continue;
    for (const [key, hash] of hashes) {
      if ((await hashOf(vault, key)) !== hash) lost.push(`${key} is not what it was`);
    }
  }
  return lost;
}

/** As often as the platform tries. */
const MOST_TRIES = 3;

/** A dump, and what the schedule does beside it: a look at every backup without a verdict. */
async function nextRun(place: Place, destroyed: ReadonlySet<string>): Promise<{ tries: number; problems: string[] }> {
  const problems: string[] = [];
  const firedAt = place.nextFiring();
  let run = await place.dump({ firedAt });
  let tries = 1;
  for (; run.error !== undefined && tries < MOST_TRIES; tries++) run = await place.dump({ firedAt });
  if (run.error !== undefined) problems.push(`the next dump failed ${tries} times: ${textOf(run.error)}`);
  await place.here.verifyUnverified().catch((error: unknown) => {
    if (destroyed.size === 0) problems.push(`the next look at what has no verdict failed: ${textOf(error)}`);
    else if (!(error instanceof PgvouchError)) problems.push(`verify failed without a word of ours: ${textOf(error)}`);
  });
  const entries = await entriesOf(place.vault, place.here.database);
  for (const entry of entries) {
    if (entry.verdict === undefined) problems.push(`${idOf(entry)} has no verdict after the next look`);
    else if (isBad(entry) && entry.firedAt.getTime() === firedAt.getTime()) {
      problems.push(`the next backup, ${idOf(entry)}, is ${entry.verdict}`);
    }
  }
  return { tries, problems };
}

/** A database's backups: what has a manifest. */
async function entriesOf(vault: Vault, database: string): Promise<Entry[]> {
  const { entries } = buildCatalog(vault.prefix, await vault.listAll());
  return (entries.get(database) ?? []).filter(({ manifest }) => manifest !== undefined);
}

function isBad({ verdict }: Entry): boolean {
  return verdict !== undefined && !isGood(verdict);
}

async function manifestAt(vault: Vault, name: BackupName): Promise<Manifest> {
  const key = manifestKey(vault.prefix, name);
  return parseManifest((await vault.getText(key)) ?? '', key);
}

async function hashOf(vault: Vault, key: string): Promise<string> {
  const hash = createHash('sha256');
  const bytes = await vault.getBytes(key);
  if (bytes === undefined) return 'not there';
  for await (const chunk of bytes) hash.update(chunk);
  return hash.digest('hex');
}

function idOf({ firedAt }: BackupName): string {
  return formatFiredAt(firedAt);
}
