import { DumpError } from '../../layers/backup/errors.ts';

/**
 * Passes an archive on, and ends it with an error if it did not begin as pg_dump's custom format does.
 *
 * @throws {@link DumpError} instead of the end, also if it is empty
 * @see src/bin/pg_dump/pg_backup_archiver.c, ReadHead
 */
export async function* checkFormat(source: AsyncIterable<Buffer>, subject: string): AsyncGenerator<Buffer> {
  let head = Buffer.alloc(0);
  for await (const chunk of source) {
    if (head.length < MAGIC.length) head = Buffer.concat([head, chunk.subarray(0, MAGIC.length)]);
    yield chunk;
  }
  if (head.toString('latin1').startsWith(MAGIC)) return;
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

const MAGIC = 'PGDMP';
