import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Logger } from 'pino';
import * as z from 'zod';
import { FUNCTION_NAMES } from '../../layers/settings/functions.ts';
import type { Accepted, Journal } from '../host/journal.ts';
import { writeDurably } from './files.ts';

const fileSchema = z.object({ function: z.enum(FUNCTION_NAMES), event: z.unknown(), attempts: z.int().nonnegative() });

/**
 * A journal of one small file for each event that has not ended. An event whose file cannot be written is run all the
 * same, and the log says that it would not survive.
 *
 * @param folder - made if it is not there
 */
export function openEventFiles(folder: string, log: Logger): Journal & { left(): Accepted[] } {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const harmless = (work: () => void, what: string, file: string) => {
    try {
      work();
    } catch (err) {
      log.error({ err, file }, what);
    }
  };
  const acceptedIn = (file: string, key: string, event: unknown, attempts: number): Accepted => ({
    ...{ key, event, attempts },
    began(begun) {
      const text = JSON.stringify({ function: key, event, attempts: begun });
      harmless(() => writeDurably(file, text), 'an event would not survive a restart', file);
    },
    ended() {
      harmless(() => rmSync(file, { force: true }), 'an event that has ended is run again after a restart', file);
    },
  });
  return {
    accept(key, event) {
      const name = `${new Date().toISOString().replaceAll(/\W/g, '')}-${key}-${randomUUID()}.json`;
      const accepted = acceptedIn(path.join(folder, name), key, event, 0);
      accepted.began(0);
      return accepted;
    },
    /** What earlier services accepted and did not end, oldest first. What cannot be read is left where it is. */
    left() {
      const names = readdirSync(folder).filter((name) => /^\w.*\.json$/.test(name));
      return names.sort().flatMap((name) => {
        const file = path.join(folder, name);
        try {
          const { function: key, event, attempts } = fileSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
          return [acceptedIn(file, key, event, attempts)];
        } catch (err) {
          log.error({ err, file }, 'an accepted event cannot be read');
          return [];
        }
      });
    },
  };
}
