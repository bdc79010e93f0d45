import type { Survey } from '../../layers/archiving/survey.ts';
import { listBases } from '../../layers/catalog/read-cluster.ts';
import type { Walsender } from '../../layers/postgres/replication/walsender.ts';
import type { Vault } from '../../layers/vault/vault.ts';
import { chooseParent } from '../../layers/wal/parent.ts';
import { isUsable, type StoredBase } from '../../layers/wal/stored-base.ts';
import type { BaseRequest } from './request.ts';

export type KindPlan =
  /** `why`, if an increment was asked for. */
  | { readonly kind: 'full'; readonly why?: string }
  | { readonly kind: 'incremental'; readonly parent: StoredBase }
  | { readonly kind: 'none'; readonly why: string };

/** PostgreSQL's, for increments. */
const OLDEST_MAJOR = 17;

/**
 * Decides what to take. Where an increment was asked for that has nothing to stand on, a full one is; where the server makes
 * none at all, nothing is, as long as there is a full one: the schedule of those goes on.
 */
export async function planKind(
  { vault, walsender, signal }: { readonly vault: Vault; readonly walsender: Walsender; readonly signal: AbortSignal },
  { kind, startedAt }: BaseRequest,
  { identity }: Survey,
): Promise<KindPlan> {
  if (kind === 'full') return { kind };
  const { systemIdentifier, timeline, major } = identity;
  const bases = await listBases(vault, systemIdentifier, signal);
  const choice = chooseParent(bases, timeline, startedAt);
  const never = await whyNever(walsender, major);
  if (never === undefined) return 'parent' in choice ? { kind, ...choice } : { kind: 'full', why: choice.why };
  const hasFull = bases.some((one) => isUsable(one) && one.base.timeline === timeline);
  return hasFull ? { kind: 'none', why: never } : { kind: 'full', why: never };
}

async function whyNever(walsender: Walsender, major: number): Promise<string | undefined> {
  if (major < OLDEST_MAJOR) return `increments need PostgreSQL ${OLDEST_MAJOR} or newer, and the server is ${major}`;
  if ((await walsender.show('summarize_wal')) === 'on') return undefined;
  return 'increments need summarize_wal=on on the server, and it is off: ALTER SYSTEM SET summarize_wal = on, then reload';
}
