import type { FunctionName } from '../../layers/settings/functions.ts';
import { parseObjectCreated, type VaultPlace } from '../object-created.ts';
import type { Invoker } from './invoker.ts';
import { type Receiver, startReceiver } from './receiver.ts';
import { type Schedule, startInterval, startSchedule } from './schedule.ts';

export interface BackgroundOptions {
  readonly config: BackgroundConfig;
  readonly invoker: Invoker;
  readonly bucket: BackgroundBucket;
  /** Gets each firing of dump, and its end with all retries. */
  readonly onDump?: (database: string, done: Promise<void>) => void;
}

/** When what is fired, and where notifications are taken. */
export interface BackgroundConfig {
  readonly databases: readonly string[];
  readonly notifyHost: string;
  readonly notifyPort: number;
  readonly dumpSchedule: string;
  readonly verifySchedule: string;
  readonly retentionSchedule: string;
  /** How often verify looks by itself where the bucket cannot call. */
  readonly verifyIntervalS: number;
}

/** The bucket whose notifications are taken. */
export interface BackgroundBucket extends VaultPlace {
  readonly notifications: 'pushed' | 'polled';
}

/** Everything that fires functions: the clock, the bucket's notifications, and the beginning. */
export interface Background {
  nextDump(): Date | null;
  /** The first backup at once, and a look at what was missed while nothing ran. */
  begin(): void;
  /** Nothing is fired any more. */
  close(): void;
}

export async function startBackground(options: BackgroundOptions): Promise<Background> {
  const { config, invoker, bucket, onDump } = options;
  const fire = (name: FunctionName, event: unknown) => invoker.invoke(name, event);
  const dumpAll = (dueAt: Date) => {
    for (const database of config.databases) {
      const done = fire('dump', scheduled(dueAt, { database }));
      onDump?.(database, done);
    }
  };
  const schedules: Schedule[] = [];
  let receiver: Receiver | undefined;
  const close = () => {
    for (const schedule of schedules) schedule.stop();
    receiver?.close();
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
    if (bucket.notifications === 'polled') schedules.push(startInterval(config.verifyIntervalS, look));
    else schedules.push(startSchedule(config.verifySchedule, 'VERIFY_SCHEDULE', look));
    schedules.push(
      startSchedule(config.retentionSchedule, 'RETENTION_SCHEDULE', (at) => void fire('retention', scheduled(at))),
    );
    receiver = await startReceiver(config.notifyHost, config.notifyPort, (event) => {
      // Whatever is no notification of this bucket is refused here, and neither retried nor told as a failure.
      if (parseObjectCreated(event, bucket).length > 0) void fire('verify', event);
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
    close();
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
