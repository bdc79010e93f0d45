import type { Logger } from 'pino';
import type { Background } from '../host/background.ts';
import type { Outcome } from '../host/invoker.ts';
import type { Accepted } from '../host/journal.ts';
import type { ServiceConfig } from './config.ts';
import { lookUntilWell, type Part } from './looks.ts';
import { orAborted } from './processes.ts';
import type { SetUpAnswer, SetUpEvent } from './set-up.ts';

interface LookingOptions {
  readonly config: ServiceConfig;
  /** Looks at one part, in a process of its own. */
  readonly setUp: (event: SetUpEvent) => Promise<Outcome>;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

export interface BeginOptions extends LookingOptions {
  /** Resolves when the client programs are there. */
  readonly programs: Promise<unknown>;
  readonly background: Pick<Background, 'begin' | 'next'>;
  /** What earlier services accepted and did not end. */
  readonly left: readonly Accepted[];
  readonly onFound: (part: Part) => void;
  /** How long what is missing is waited for; five minutes by default. */
  readonly patienceMs?: number;
}

/**
 * How long PostgreSQL, the bucket and the programs are waited for. After that the beginning is made without them, so that
 * people are notified of what fails.
 */
const PATIENCE_MS = 5 * 60_000;

/** Waits for the client programs, which all servers share. @returns undefined if the signal aborted before */
export function findPrograms({ config, ...options }: LookingOptions): Promise<SetUpAnswer | undefined> {
  const { clientDir, cacheDir, debianMirror } = config;
  return lookUntilWell({ event: { part: 'programs', clientDir, cacheDir, debianMirror }, ...options });
}

/** Waits until all that the functions of a server need is there, and then has its background begin. */
export async function beginWhenWell(options: BeginOptions): Promise<void> {
  const { config, setUp, programs, background, left, log, signal, onFound, patienceMs = PATIENCE_MS } = options;
  const { databases, notifyArn, postgres, bucketServer } = config;
  const until = async (event: SetUpEvent, places: Parameters<typeof lookUntilWell>[0]['places']) => {
    const found = await lookUntilWell({ event, setUp, log, signal, ...(places && { places }) });
    if (found) onFound(event.part);
  };
  let allFound = false;
  const looks = Promise.all([
    programs,
    until({ part: 'database', databases }, postgres),
    until({ part: 'bucket', notifyArn }, [bucketServer]),
  ]).then(() => {
    allFound = true;
  });
  await orAborted(looks, patienceMs, signal);
  if (signal.aborted) return;
  if (!allFound) log.error('what is missing is waited for no longer: dumps and drills are tried without it');
  const { takeUp, drop, dump, find } = background.begin(left);
  log.info(
    {
      dumps: dump,
      ...(find.length > 0 && { find }),
      takenUp: takeUp.map(nameOf),
      dropped: drop.map(nameOf),
      next: background.next(),
    },
    'pgvouch is running',
  );
}

function nameOf({ key, event }: Accepted): string {
  const { time, detail } = event as { readonly time?: string; readonly detail?: { readonly database?: string } };
  return [key, detail?.database, time].filter((part) => part !== undefined).join(' ');
}
