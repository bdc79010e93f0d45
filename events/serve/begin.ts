import type { Logger } from 'pino';
import type { Background } from '../host/background.ts';
import type { Accepted } from '../host/journal.ts';
import type { ServiceConfig } from './config.ts';
import { lookUntilWell, type Part } from './looks.ts';
import { orAborted, type Processes } from './processes.ts';
import type { SetUpEvent } from './set-up.ts';

export interface BeginOptions {
  readonly config: ServiceConfig;
  readonly processes: Pick<Processes, 'setUp' | 'foundPrograms'>;
  readonly background: Pick<Background, 'begin' | 'next'>;
  /** What earlier services accepted and did not end. */
  readonly left: readonly Accepted[];
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly onFound: (part: Part) => void;
  /** How long what is missing is waited for; five minutes by default. */
  readonly patienceMs?: number;
}

/**
 * How long PostgreSQL, the bucket and the programs are waited for. After that the beginning is made without them, so that
 * people are notified of what fails.
 */
const PATIENCE_MS = 5 * 60_000;

/** Waits until all that the functions need is there, and then has the background begin. */
export async function beginWhenWell(options: BeginOptions): Promise<void> {
  const { config, processes, background, left, log, signal, onFound, patienceMs = PATIENCE_MS } = options;
  const { databases, notifyArn, clientDir, cacheDir, debianMirror, postgres, bucketServer } = config;
  const until = async (event: SetUpEvent, places?: Parameters<typeof lookUntilWell>[0]['places']) => {
    const found = await lookUntilWell({ event, setUp: processes.setUp, log, signal, ...(places && { places }) });
    if (found === undefined) return;
    if (event.part === 'programs') processes.foundPrograms(found.env);
    onFound(event.part);
  };
  let allFound = false;
  const looks = Promise.all([
    until({ part: 'programs', clientDir, cacheDir, debianMirror }),
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
