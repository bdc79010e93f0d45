import * as z from 'zod';
import { readDocument } from './document.ts';
import { type FailureRecord, failureSchema } from './failure.ts';
import { heardBy, sentTo } from './heard.ts';
import { DAY_MS } from './instant.ts';
import { isOfVerdict, kindOf } from './problem-kind.ts';

/** One notify has taken it on itself to tell; until then the others wait for how it went. */
const claimSchema = z.object({ by: z.string(), until: z.iso.datetime() });

export const troubleSchema = z.object({
  format: z.literal('pgvouch/trouble'),
  formatVersion: z.literal(1),
  /** When its first failure was given up. */
  since: z.iso.datetime(),
  /** How many failures it had so far. */
  count: z.int().positive(),
  /** The newest of them. */
  failure: failureSchema,
  /** The newest backup that any of them was about, where they named one. */
  newestFiredAt: z.iso.datetime().optional(),
  /** The kinds of problem that it showed, and when each was last sent to people. */
  told: z.array(
    z.object({
      kind: z.string(),
      at: z.iso.datetime().optional(),
      /** When each channel last took it. An older pgvouch had one channel, and no such list. */
      to: z.record(z.string(), z.iso.datetime()).optional(),
      claim: claimSchema.optional(),
    }),
  ),
  /** The channels that took a message of it: they get its end. */
  heard: z.array(z.string()).optional(),
  /** The channels that have yet to take its end, although others took it. */
  owed: z.array(z.string()).optional(),
  resolving: claimSchema.optional(),
  /** When the success came that ended it; people heard of it if they had heard of the trouble. */
  resolvedAt: z.iso.datetime().optional(),
});

/**
 * `failures/trouble-<function>.json`: the failures of one function for one database from the first to the success that
 * ends them, and what was sent to people about it. Nothing else reads it: without it the next failure counts as a first one.
 */
export type Trouble = z.infer<typeof troubleSchema>;

/**
 * What to do now. `write` is the trouble as it should stand from now on, `to` are the channels that get the message; `wait`
 * is until somebody else has sent it.
 */
export type Step =
  | { readonly action: 'nothing' | 'wait'; readonly write?: undefined }
  | { readonly action: 'quiet'; readonly write: Trouble }
  | { readonly action: 'tell'; readonly write: Trouble; readonly to: readonly string[] };

/** Who decides, and when. */
export interface Moment {
  readonly now: Date;
  /** The invocation that would tell: two deliveries of one request are two. */
  readonly by: string;
  /** The names of the channels that take messages of this trouble. */
  readonly channels: readonly string[];
}

/** An hour less than a day: a daily dump that fails a little earlier than yesterday is still sent daily. */
export const REMIND_AFTER_MS = 23 * 3_600_000;
/** A trouble of which nothing was heard for so long is over, and the next failure begins another. */
export const FORGET_AFTER_MS = 30 * DAY_MS;
/** So many kinds are sent a day, of bad backups and again of all else: what fails otherwise every time is no flood. */
export const KINDS_A_DAY = 5;
/** Longer than telling can take. */
export const CLAIM_MS = 60_000;
/** How far apart the clocks of two notifies may be. What is claimed for longer was claimed by a clock that is wrong. */
const SKEW_MS = 10_000;

/** @throws {@link VaultError} if the text is not such a document, ConfigError if a newer version wrote it */
export function parseTrouble(text: string, key: string): Trouble {
  return readDocument(troubleSchema, text, key);
}

/**
 * Decides whether a failure is sent, and where: the first of a kind is, further ones once a day until a success, and of a
 * bounded number of kinds a day. A channel that did not take the last one gets this one.
 *
 * @param isNew - false for a redelivery, which counts no further failure
 */
export function afterFailure(
  known: Trouble | undefined,
  failure: FailureRecord,
  isNew: boolean,
  { now, by, channels }: Moment,
): Step {
  const { resolvedAt } = known ?? {};
  // Sent and over; only somebody else's redelivery.
  const isKnown = !isNew && (known?.failure.requestId === failure.requestId || failure.at <= (resolvedAt ?? ''));
  if (isKnown && resolvedAt !== undefined) return { action: 'nothing' };
  if (known?.resolving && isHeld(known.resolving, now, by)) return { action: 'wait' };
  const trouble = withFailure(known, failure, isNew, now);
  const kind = kindOf(failure);
  const entry = trouble.told.find((one) => one.kind === kind);
  const took = sentTo(entry ?? {});
  const to = channels.filter((one) => !isRecent(took[one], now));
  const isClaimed = entry?.claim !== undefined && isHeld(entry.claim, now, by);
  // Somebody tries the channels that are left. What comes later tries again.
  const isLeftToOthers = isClaimed && to.length < channels.length;
  if (to.length === 0 || isLeftToOthers || othersToday(trouble, kind, now) >= KINDS_A_DAY) {
    return isNew ? { action: 'quiet', write: trouble } : { action: 'nothing' };
  }
  if (isClaimed) return { action: 'wait' };
  return { action: 'tell', write: withEntry(trouble, { ...entry, kind, claim: claim(now, by) }), to };
}

/**
 * What stands after a failure was sent, or could not be. A claim of somebody else's stays.
 *
 * @param took - the names of the channels that took the message
 */
export function afterTelling(known: Trouble, kind: string, took: readonly string[], { now, by }: Moment): Trouble {
  const { claim: held, ...entry } = known.told.find((one) => one.kind === kind) ?? { kind };
  const kept = held !== undefined && held.by !== by ? { claim: held } : {};
  if (took.length === 0) return withEntry(known, { ...entry, ...kept });
  const at = now.toISOString();
  const to = { ...sentTo(entry), ...Object.fromEntries(took.map((one) => [one, at])) };
  const written = withEntry(known, { ...entry, ...kept, at, to });
  return {
    ...written,
    heard: [...new Set([...heardBy(known), ...took])],
    // What was sent long ago is sent again like something new: it need not be remembered.
    told: written.told.filter((one) => isOfToday(one, now)),
  };
}

/**
 * Decides what a success ends: a trouble whose failures all lie before it, and none of a newer backup than it proves.
 * The channels that took a message of the trouble get its end; one that did not take the end gets it by the next success.
 *
 * @param firedAt - the backup that it proves, where that matters
 */
export function afterSuccess(
  known: Trouble | undefined,
  { at, firedAt }: { readonly at: Date; readonly firedAt?: Date },
  { now, by, channels }: Moment,
): Step {
  if (known === undefined || isForgotten(known, now)) return { action: 'nothing' };
  const isOver = known.resolvedAt !== undefined;
  const to = channels.filter((one) => (isOver ? (known.owed ?? []) : heardBy(known)).includes(one));
  if (isOver && to.length === 0) return { action: 'nothing' };
  // A failure that is yet to come was dated by a clock that is wrong: it came before this.
  if (at.getTime() <= new Date(known.failure.at).getTime() && !isAhead(known.failure.at, now))
    return { action: 'nothing' };
  const { newestFiredAt } = known;
  if (firedAt && newestFiredAt !== undefined && firedAt < new Date(newestFiredAt)) return { action: 'nothing' };
  const claims = [known.resolving, ...known.told.map((one) => one.claim)];
  if (claims.some((held) => held !== undefined && isHeld(held, now, by))) return { action: 'wait' };
  if (to.length === 0) return { action: 'quiet', write: resolved(known, at) };
  return { action: 'tell', write: { ...known, resolving: claim(now, by) }, to };
}

/**
 * What stands after the success was sent to people. If no channel took it, the trouble stays open, and the next success
 * tells.
 *
 * @param to - the channels that it was sent to
 * @param took - those of them that took it
 */
export function afterResolving(known: Trouble, at: Date, to: readonly string[], took: readonly string[]): Trouble {
  const { resolving: _, ...trouble } = known;
  if (took.length === 0) return trouble;
  const { owed: __, ...over } = resolved(trouble, at);
  const owed = to.filter((one) => !took.includes(one));
  return owed.length === 0 ? over : { ...over, owed };
}

function withFailure(known: Trouble | undefined, failure: FailureRecord, isNew: boolean, now: Date): Trouble {
  const { at, firedAt } = failure;
  const open = isOpen(known, now) ? known : undefined;
  if (open === undefined) {
    const begun = { format: 'pgvouch/trouble', formatVersion: 1, since: at, count: 1, failure, told: [] } as const;
    return {
      ...begun,
      told: [],
      ...(firedAt !== undefined && { newestFiredAt: firedAt }),
      // For a channel that has yet to hear of the last end, this is the same trouble.
      ...(known?.owed && { heard: known.owed }),
    };
  }
  const newestFiredAt = [open.newestFiredAt, firedAt].filter((one) => one !== undefined).reduce(later, '');
  return {
    ...open,
    since: open.since < at ? open.since : at,
    // A redelivery may have come here first.
    count: open.count + (isNew && open.failure.requestId !== failure.requestId ? 1 : 0),
    failure: open.failure.at > at && !isAhead(open.failure.at, now) ? open.failure : failure,
    ...(newestFiredAt !== '' && { newestFiredAt }),
  };
}

/** How many other kinds of the same sort were sent today, or are just now. */
function othersToday({ told }: Trouble, kind: string, now: Date): number {
  const others = told.filter((one) => one.kind !== kind && isOfVerdict(one.kind) === isOfVerdict(kind));
  return others.filter((one) => isOfToday(one, now)).length;
}

function isOfToday({ at, claim }: Trouble['told'][number], now: Date): boolean {
  return isRecent(at, now) || (claim !== undefined && isHeld(claim, now, ''));
}

function withEntry(trouble: Trouble, entry: Trouble['told'][number]): Trouble {
  return { ...trouble, told: [...trouble.told.filter(({ kind }) => kind !== entry.kind), entry] };
}

function resolved({ resolving: _, ...trouble }: Trouble, at: Date): Trouble {
  return { ...trouble, resolvedAt: trouble.resolvedAt ?? at.toISOString() };
}

function isOpen(known: Trouble | undefined, now: Date): boolean {
  return known !== undefined && known.resolvedAt === undefined && !isForgotten(known, now);
}

function isForgotten({ failure }: Trouble, now: Date): boolean {
  return now.getTime() - new Date(failure.at).getTime() >= FORGET_AFTER_MS;
}

/** A clock that was ahead when it was sent must not silence us until then. */
function isRecent(toldAt: string | undefined, now: Date): boolean {
  if (toldAt === undefined) return false;
  return Math.abs(now.getTime() - new Date(toldAt).getTime()) < REMIND_AFTER_MS;
}

function isAhead(at: string, now: Date): boolean {
  return new Date(at).getTime() > now.getTime() + SKEW_MS;
}

function isHeld({ by, until }: z.infer<typeof claimSchema>, now: Date, me: string): boolean {
  const leftMs = new Date(until).getTime() - now.getTime();
  return by !== me && leftMs > 0 && leftMs <= CLAIM_MS + SKEW_MS;
}

function claim(now: Date, by: string): z.infer<typeof claimSchema> {
  return { by, until: new Date(now.getTime() + CLAIM_MS).toISOString() };
}

function later(one: string, other: string): string {
  return one > other ? one : other;
}
