import type { NetConnectOpts } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Outcome } from '../host/invoker.ts';
import { longerWaitMs } from './longer-wait.ts';
import { whyUnreachable } from './reach.ts';
import type { SetUpAnswer, SetUpEvent } from './set-up.ts';

export type Part = SetUpEvent['part'];

export interface LookOptions {
  readonly event: SetUpEvent;
  /** Where it may listen: nothing is started for it before something does. */
  readonly places?: readonly NetConnectOpts[];
  readonly setUp: (event: SetUpEvent) => Promise<Outcome>;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/**
 * Looks at what the functions need until it is there and well, with growing waits. Every look that finds it missing is
 * logged. What only a person can mend, such as a wrong password, is waited for like everything else: somebody may mend it.
 *
 * @returns what was found; undefined if the signal aborted before
 */
export async function lookUntilWell(options: LookOptions): Promise<SetUpAnswer | undefined> {
  const { event, log, signal } = options;
  const { part } = event;
  for (let waitMs = longerWaitMs(0); !signal.aborted; waitMs = longerWaitMs(waitMs)) {
    const found = await look(options);
    if ('description' in found) {
      log.info({ part, found: found.description }, 'found');
      for (const remark of found.remarks) log.warn({ part, remark }, 'found with a remark');
      return found;
    }
    if (signal.aborted) return undefined;
    log.warn({ part, problem: found.problem, againInS: waitMs / 1000 }, 'not there yet');
    await delay(waitMs, undefined, { signal }).catch(() => {});
  }
  return undefined;
}

async function look({ event, places, setUp }: LookOptions): Promise<SetUpAnswer | { readonly problem: string }> {
  const problem = places && (await whyUnreachable(places));
  if (problem !== undefined) return { problem };
  const outcome = await setUp(event);
  if (outcome.failure === undefined) return outcome.answer as SetUpAnswer;
  return { problem: outcome.failure.errorMessage };
}
