import { setTimeout as sleep } from 'node:timers/promises';
import { GetObjectTaggingCommand } from '@aws-sdk/client-s3';
import pino from 'pino';
import { type RetentionOutcome, retain } from '../../../functions/retention/retention.ts';
import type { RetentionOptions } from '../../../functions/retention/run.ts';
import { retiredKey, undoneKey } from '../../../layers/backup/keys.ts';
import { parseRetired } from '../../../layers/backup/retired.ts';
import { parseUndone } from '../../../layers/backup/undone.ts';
import type { Vault } from '../../../layers/vault/vault.ts';
import { type BackupFacts, storeBackup } from './stored-backup.ts';
import { freshVault, keysOf, unfinishedKeysOf } from './world-vault.ts';
export const HOUR_MS = 60 * 60 * 1000;
export const DAY_MS = 24 * HOUR_MS;
/** A grace that every object of a test has outlived, though it was written just now. */
export const OUTLIVED_MS = -HOUR_MS;
export const prefix = 'pgvouch/';

/** Whole seconds, because `firedAt` has no more. */
export const today = new Date(Math.floor(Date.now() / 1000) * 1000);
export const daysAgo = (days: number) => new Date(today.getTime() - days * DAY_MS);
export const yesterday = daysAgo(1);

export interface LogLine {
  level: number;
  msg: string;
  [field: string]: unknown;
}

/** What is written after it is later in a listing, too, which tells whole seconds. */
export const aSecondLater = () => sleep(1_100);

/** A vault with backups of the given ages, verified as readable unless said otherwise. */
export async function retentionWorld(ages: readonly number[] = [], facts: Partial<BackupFacts> = {}) {
  const { vault, config } = await freshVault();
  const lines: LogLine[] = [];
  const log = pino({ base: null }, { write: (line) => lines.push(JSON.parse(line)) });
  const store = (age: number, changes: Partial<BackupFacts> = {}) =>
    storeBackup(vault, { firedAt: daysAgo(age), verdict: 'readable', ...facts, ...changes });
  const backups = [];
  for (const age of ages) backups.push(await store(age));
  const run = (changes: Partial<RetentionOptions> = {}, through: Vault = vault) =>
    retain(
      { vault: through, log },
      {
        policy: { keepDays: 30, keepLast: 0 },
        graceDays: 7,
        sweepGraceMs: 48 * HOUR_MS,
        removal: 'tag',
        dryRun: false,
        now: new Date(),
        ...changes,
      },
    );
  return { vault, config, lines, store, backups, run };
}

/** What was decided, by age in days, newest first. */
export function told({ decisions }: RetentionOutcome) {
  const age = (firedAt = '') => (today.getTime() - new Date(firedAt).getTime()) / DAY_MS;
  return decisions
    .map(({ firedAt, action, reasons }) => [age(firedAt), action, ...reasons] as [number, ...string[]])
    .sort((a, b) => a[0] - b[0]);
}

export const actionsOf = (outcome: RetentionOutcome) => told(outcome).map(([age, action]) => [age, action]);

export async function markOf(vault: Vault, age: number) {
  const key = retiredKey(prefix, { database: 'shop', firedAt: daysAgo(age) });
  const text = await vault.getText(key);
  return text === undefined ? undefined : parseRetired(text, key);
}

export async function undoneOf(vault: Vault, age: number) {
  const key = undoneKey(prefix, { database: 'shop', firedAt: daysAgo(age) });
  const text = await vault.getText(key);
  return text === undefined ? undefined : parseUndone(text, key);
}

export async function tagged(vault: Vault): Promise<string[]> {
  const keys = await keysOf(vault);
  const marks = await Promise.all(
    keys.map(async (Key) => {
      const answer = await vault.client.s3.send(new GetObjectTaggingCommand({ Bucket: vault.bucket, Key }));
      return answer.TagSet?.some(({ Value }) => Value === 'remove');
    }),
  );
  return keys.filter((_, index) => marks[index]);
}

export async function snapshotOf(vault: Vault) {
  return { objects: await vault.listAll(), tagged: await tagged(vault), uploads: await unfinishedKeysOf(vault) };
}
