import type { Logger } from 'pino';
import type { PgvouchError } from '../../layers/backup/errors.ts';
import { isSealedKey } from '../../layers/backup/keys.ts';
import type { BaseBackup } from '../../layers/postgres/replication/base-backup.ts';
import { sqlStateOf } from '../../layers/postgres/replication/replication-error.ts';
import type { Walsender } from '../../layers/postgres/replication/walsender.ts';
import { measureBytes } from '../../layers/vault/measure-bytes.ts';
import type { Vault } from '../../layers/vault/vault.ts';
import { baseFileKey } from '../../layers/wal/keys.ts';
import type { StoredBase } from '../../layers/wal/stored-base.ts';
import type { KindPlan } from './plan-kind.ts';

interface Started {
  readonly backup: BaseBackup;
  /** What it is an increment of. */
  readonly parent?: StoredBase;
}

interface Surroundings {
  readonly vault: Vault;
  readonly walsender: Walsender;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** Begins a base backup: an increment if it can be, or else a full one, and the log says why. */
export async function startBase(
  here: Surroundings,
  label: string,
  plan: Exclude<KindPlan, { kind: 'none' }>,
): Promise<Started> {
  const { walsender, log, signal } = here;
  const asked = plan.kind === 'incremental' ? await startIncrement(here, label, plan.parent) : plan;
  if ('backup' in asked) return asked;
  if (asked.why !== undefined) log.warn({ why: asked.why }, 'no increment can be taken: a full base backup instead');
  return { backup: await walsender.baseBackup({ label, signal }) };
}

/**
 * What the server says of its own doing, and the connection goes on after it. It is no refusal if the server ends, or has too
 * little of something.
 */
const NO_REFUSAL = /^(08|53|57)/;

/** @returns why not, if the parent's manifest or the server's summaries of WAL do not do */
async function startIncrement(
  { vault, walsender, signal }: Surroundings,
  label: string,
  parent: StoredBase,
): Promise<Started | { readonly why: string }> {
  const { base, startedAt } = parent;
  const { manifest, attempt, systemIdentifier } = base;
  const key = baseFileKey(vault.prefix, { systemIdentifier, startedAt }, attempt, manifest.file);
  if (isSealedKey(key)) return { why: 'the manifest of the one before is sealed, and base has no identity' };
  const whole = await vault.getBytes(key, signal);
  if (whole === undefined) return { why: `the manifest of the one before is missing: ${key}` };
  const { take, measured } = measureBytes(() => {});
  for await (const chunk of whole) take(chunk);
  if (measured().sha256 !== manifest.sha256) return { why: `the manifest of the one before is damaged: ${key}` };
  try {
    await walsender.uploadManifest((await vault.getBytes(key, signal)) ?? none(), signal);
    return { backup: await walsender.baseBackup({ label, incremental: true, signal }), parent };
  } catch (error) {
    const state = sqlStateOf(error);
    if (state === undefined || NO_REFUSAL.test(state)) throw error;
    const { problem } = error as PgvouchError;
    return { why: `the server refuses one: ${problem}` };
  }
}

async function* none(): AsyncGenerator<Buffer> {}
