import type { Logger } from 'pino';
import { judgeWarnings, type Remark } from '../../layers/backup/remarks.ts';

/** What is to be said of a backup that is being taken. */
export interface Remarks {
  /** Adds what the programs said, now that they have succeeded. */
  hear(said: string): void;
  add(remarks: readonly Remark[]): void;
  /** For the manifest: nothing if there is nothing to say. */
  recorded(): { remarks?: Remark[] };
}

/** Logs each remark as it comes, before the backup counts; those that are known already, at once. */
export function openRemarks(log: Logger, facts: object, known: readonly Remark[]): Remarks {
  const remarks: Remark[] = [];
  const add = (more: readonly Remark[]) => {
    for (const { text, lacks } of more) log.warn({ ...facts, ...(lacks !== undefined && { lacks }) }, text);
    remarks.push(...more);
  };
  add(known);
  return {
    add,
    hear: (said) => add(judgeWarnings(said, known)),
    recorded: () => (remarks.length > 0 ? { remarks } : {}),
  };
}
