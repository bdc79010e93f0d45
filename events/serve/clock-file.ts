import { readFileSync } from 'node:fs';
import type { Logger } from 'pino';
import * as z from 'zod';
import type { ClockMemory, RememberedSchedule } from '../host/clock-memory.ts';
import { writeDurably } from './files.ts';

const fileSchema = z.record(z.string(), z.iso.datetime());

/** Keeps in a file when schedules were due. A file that cannot be read counts as none; then the next start is the first. */
export function openClockFile(file: string, log: Logger): ClockMemory {
  const served = new Map<RememberedSchedule, Date>(readServed(file, log));
  return {
    servedAt: (name) => served.get(name),
    serve(name, dueAt) {
      served.set(name, dueAt);
      try {
        writeDurably(file, `${JSON.stringify(Object.fromEntries(served))}\n`);
      } catch (err) {
        log.error({ err, file }, 'the next start will not know which firings were served');
      }
    },
  };
}

function readServed(file: string, log: Logger): [RememberedSchedule, Date][] {
  try {
    const read = Object.entries(fileSchema.parse(JSON.parse(readFileSync(file, 'utf8'))));
    return read.map(([name, at]) => [name as RememberedSchedule, new Date(at)]);
  } catch (err) {
    if ((err as { code?: string }).code !== 'ENOENT')
      log.error({ err, file }, 'the times of the schedules cannot be read');
    return [];
  }
}
