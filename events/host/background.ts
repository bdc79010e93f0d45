import { type FunctionName, retryDelaysMs } from '../../layers/settings/functions.ts';
import type { Vault } from '../../layers/vault/vault.ts';
import type { Terminal } from '../../layers/words/terminal.ts';
import { parseObjectCreated } from '../object-created.ts';
import { openDumpBars } from './dump-bars.ts';
import { type FailedTry, type LocalFunction, openInvoker } from './invoker.ts';
import { type Receiver, startReceiver } from './receiver.ts';
import { type Schedule, startInterval, startSchedule } from './schedule.ts';

export interface BackgroundOptions {
  readonly config: BackgroundConfig;
  readonly functions: ReadonlyMap<FunctionName, LocalFunction>;
  readonly setup: BackgroundBucket;
  readonly terminal: Terminal;
}

/** When what is fired, and where functions and notifications are taken. */
export interface BackgroundConfig {
  readonly databases: readonly string[];
  /** Of the functions' API. */
  readonly lambdaPort: number;
  readonly notifyHost: string;
  readonly notifyPort: number;
  readonly dumpSchedule: string;
  readonly verifySchedule: string;
  readonly retentionSchedule: string;
  /** How often verify looks by itself where the bucket cannot call. */
  readonly verifyIntervalS: number;
  readonly retryDelayMs: number;
}

/** The bucket whose notifications are taken. */
export interface BackgroundBucket {
  readonly vault: Vault;
  readonly bucket: string;
  readonly prefix: string;
  readonly notifications: 'pushed' | 'polled';
}

/** Everything that fires functions: the clock, the bucket's notifications, and the beginning. */
export interface Background {
  nextDump(): Date | null;
  /** The first backup at once, and a look at what was missed while nothing ran. */
  begin(): void;
  /** Nothing is fired any more; what runs gets a moment to clear up. */
  close(): Promise<void>;
}

/** How long a dump that was ended may take to clear its upload away, or a drill its copy of the data: on a busy machine. */
const CLEAR_UP_MS = 8_000;

export async function startBackground({ config, functions, setup, terminal }: BackgroundOptions): Promise<Background> {
  const dumpBars = openDumpBars(setup.vault, terminal);
  const invoker = openInvoker({
    port: config.lambdaPort,
    functions,
    retryDelaysMs: retryDelaysMs(config.retryDelayMs),
    onFailedTry(failed) {
      dumpBars.hide(databaseOf(failed.event));
      terminal.line(describeFailure(failed));
    },
    onLost: (failed) => terminal.line(`✗ nobody could be notified: ${failed.function} failed too`),
  });
  const fire = (name: FunctionName, event: unknown) => invoker.invoke(name, event);
  const dumpAll = (dueAt: Date) => {
    for (const database of config.databases) {
      dumpBars.begin(database);
      void fire('dump', scheduled(dueAt, { database })).finally(() => dumpBars.end(database));
    }
  };
  const schedules: Schedule[] = [];
  let receiver: Receiver | undefined;
  const close = async () => {
    for (const schedule of schedules) schedule.stop();
    receiver?.close();
    await invoker.close(CLEAR_UP_MS);
    dumpBars.close();
  };
  try {
    const dumps = startSchedule(config.dumpSchedule, 'DUMP_SCHEDULE', dumpAll);
    schedules.push(dumps);
    let looking = false;
    // One look at a time: a drill may take longer than the interval, and the next look would drill the same backup.
    const look = (at: Date) => {
      if (looking) return;
      looking = true;
      void fire('verify', scheduled(at)).finally(() => {
        looking = false;
      });
    };
    if (setup.notifications === 'polled') schedules.push(startInterval(config.verifyIntervalS, look));
    else schedules.push(startSchedule(config.verifySchedule, 'VERIFY_SCHEDULE', look));
    schedules.push(
      startSchedule(config.retentionSchedule, 'RETENTION_SCHEDULE', (at) => void fire('retention', scheduled(at))),
    );
    receiver = await startReceiver(config.notifyHost, config.notifyPort, (event) => {
      // Whatever is no notification of this bucket is refused here, and neither retried nor told as a failure.
      if (parseObjectCreated(event, setup).length > 0) void fire('verify', event);
    });
    return {
      nextDump: dumps.next,
      begin() {
        const now = new Date();
        now.setUTCMilliseconds(0);
        look(now);
        dumpAll(now);
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** EventBridge's event; `time` names the backup. @see https://docs.aws.amazon.com/eventbridge/latest/ref/events.html */
function scheduled(at: Date, detail: Record<string, string> = {}) {
  const time = at.toISOString().replace('.000Z', 'Z');
  return {
    version: '0',
    id: crypto.randomUUID(),
    source: 'aws.events',
    'detail-type': 'Scheduled Event',
    time,
    detail,
  };
}

/** Of a firing of ours; undefined for events of the bucket. */
function databaseOf(event: unknown): string | undefined {
  return (event as Partial<ReturnType<typeof scheduled>>).detail?.database;
}

function describeFailure({ function: name, attempt, willRetryInMs, failure }: FailedTry): string {
  const then = willRetryInMs === undefined ? 'giving up' : `trying again in ${Math.round(willRetryInMs / 1000)} s`;
  return `✗ ${name} failed (try ${attempt}, ${then}): ${failure.errorType}: ${failure.errorMessage}`;
}
