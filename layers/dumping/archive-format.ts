import { DumpError } from '../backup/errors.ts';

/** How many bytes of the beginning tell the format. */
export const MAGIC_BYTES = 5;
const MAGIC = 'PGDMP';

/**
 * Checks that an archive begins as pg_dump's custom format does.
 *
 * @param head - its first {@link MAGIC_BYTES}, or all of it if it is shorter
 * @throws {@link DumpError}, also if it is empty
 * @see src/bin/pg_dump/pg_backup_archiver.c, ReadHead
 */
export function checkFormat(head: Buffer, subject: string): void {
  if (head.toString('latin1') === MAGIC) return;
  throw new DumpError({
    operation: 'dump',
    subject,
    problem:
      head.length === 0
        ? 'pg_dump wrote an empty archive'
        : 'pg_dump wrote something that is not a custom-format archive',
    hint: 'is the program in PG_CLIENT_DIR really pg_dump?',
    exitCode: 0,
  });
}
