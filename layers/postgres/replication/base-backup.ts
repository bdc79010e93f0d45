import pg from 'pg';
import { DumpError, textOf } from '../../backup/errors.ts';
import { type Lsn, parseLsn } from '../../wal/lsn.ts';
import { type CopyBoth, type Row, startCopyBoth } from './copy-both.ts';
import { replicationError, sqlStateOf } from './replication-error.ts';

export interface BaseBackupOptions {
  /** `backup_label` has it. */
  readonly label: string;
  /** Only what has changed since the base backup whose manifest was uploaded on this connection. PostgreSQL 17 and newer. */
  readonly incremental?: boolean;
  /** Breaks off when it aborts; the server then ends it, too. */
  readonly signal: AbortSignal;
}

export interface Tablespace {
  /** Undefined of the data directory. */
  readonly oid: string | undefined;
  readonly location: string | undefined;
  /** Estimated by the server before it began. Of an increment it is what a full one would have. */
  readonly sizeBytes: number;
}

export interface BaseBackup {
  /** Recovery begins here: at the last checkpoint before it. */
  readonly startLsn: Lsn;
  readonly timeline: number;
  readonly tablespaces: readonly Tablespace[];
  /** Whether the archives come compressed with zstd; a server that was built without it sends them as they are. */
  readonly isCompressed: boolean;
  /** The next archive of a tablespace, or the manifest, which comes last; undefined after it. The one before is read first. */
  nextFile(): Promise<SentFile | undefined>;
  /** Of what was read so far, before compression. */
  contentBytes(): number;
  /** Where recovery must come to before the cluster is consistent. To be called when all files were read. */
  end(): Promise<{ readonly stopLsn: Lsn; readonly timeline: number }>;
}

/** A file as the server sends it. */
export interface SentFile {
  /** `base.tar.zst`, `16385.tar.zst`, `backup_manifest`. */
  readonly name: string;
  /** Whose archive it is; undefined of the manifest. */
  readonly tablespace: Tablespace | undefined;
  /** Its bytes, in order; each piece is good until the next is asked for. @throws {@link DumpError} if the server fails, the signal's reason */
  readonly bytes: AsyncIterable<Buffer>;
}

const OPERATION = 'take a base backup of';

/**
 * Begins a base backup: the server makes a checkpoint at once, and sends its files. It sends no faster than they are read.
 *
 * @param subject - the server, for messages
 * @throws {@link DumpError} if the server refuses or the connection breaks; the signal's reason once it aborts
 * @see https://www.postgresql.org/docs/current/protocol-replication.html#PROTOCOL-REPLICATION-BASE-BACKUP
 */
export async function startBaseBackup(
  client: pg.Client,
  options: BaseBackupOptions,
  subject: string,
): Promise<BaseBackup> {
  const { signal } = options;
  signal.throwIfAborted();
  let copy: CopyBoth | undefined;
  const abort = () => copy?.destroy(new Error('broken off'));
  let warning: string | undefined;
  client.on('notice', ({ message }) => {
    warning ??= message;
  });
  signal.addEventListener('abort', abort, { once: true });
  const fail = (error: unknown): never => {
    signal.removeEventListener('abort', abort);
    signal.throwIfAborted();
    throw sqlStateOf(error) === DATA_CORRUPTED
      ? damaged(subject, error, warning)
      : replicationError(OPERATION, subject, error);
  };
  for (const isCompressed of [true, false]) {
    copy = startCopyBoth(client, commandFor(options, isCompressed));
    const first = await copy.next().catch((error) => {
      if (isCompressed && isWithoutZstd(error)) return 'no zstd' as const;
      return fail(error);
    });
    if (first === 'no zstd') continue;
    const { startLsn, timeline, tablespaces } = readHead(copy.rows());
    const files = openFiles(copy, asBytes(first), tablespaces, fail);
    return {
      ...{ startLsn, timeline, tablespaces, isCompressed, ...files },
      async end() {
        const rows = (await copy?.ended().catch(fail)) ?? [];
        signal.removeEventListener('abort', abort);
        const [lsn, onTimeline] = rows.at(-1) ?? [];
        return { stopLsn: parseLsn(lsn ?? '') ?? 0n, timeline: Number(onTimeline) };
      },
    };
  }
  throw new Error('a base backup without compression is refused for the lack of it');
}

const DATA_CORRUPTED = 'XX001';

/** The server sends all files, and a warning of each page, before it says so. */
function damaged(subject: string, error: unknown, warning: string | undefined): DumpError {
  return new DumpError({
    operation: OPERATION,
    subject,
    problem: [textOf(error), warning].filter(Boolean).join(': '),
    hint: "pages are damaged on the server's disk: pg_amcheck --all and the server's log name them. WAL is archived all the same. Repair them, and take another base backup: from one before, `pgvouch restore --table … --at …` brings a table back",
    cause: error,
  });
}

function commandFor({ label, incremental = false }: BaseBackupOptions, compressed: boolean): string {
  const options = [
    `LABEL ${pg.escapeLiteral(label)}`,
    'PROGRESS',
    `CHECKPOINT 'fast'`,
    // The WAL is archived by itself, and waited for there.
    'WAL false',
    'WAIT false',
    'TABLESPACE_MAP',
    `MANIFEST 'yes'`,
    `MANIFEST_CHECKSUMS 'SHA256'`,
    ...(compressed ? [`COMPRESSION 'zstd'`, `COMPRESSION_DETAIL 'level=1'`] : []),
    ...(incremental ? ['INCREMENTAL'] : []),
  ];
  return `BASE_BACKUP (${options.join(', ')})`;
}

/** The word stands in the message in every language. */
function isWithoutZstd(error: unknown): boolean {
  return ['42601', '0A000'].includes(sqlStateOf(error) ?? '') && /zstd/i.test(textOf(error));
}

/** The rows before the first message: where it begins; then each tablespace, the data directory last. Sizes are in kB. */
function readHead([start = [], ...rest]: readonly Row[]) {
  return {
    startLsn: parseLsn(start[0] ?? '') ?? 0n,
    timeline: Number(start[1]),
    tablespaces: rest.map(
      ([oid, location, size]): Tablespace => ({
        ...{ oid: oid ?? undefined, location: location ?? undefined, sizeBytes: 1024 * Number(size ?? 0) },
      }),
    ),
  };
}

/** What a message of the COPY begins with: another archive, the manifest, bytes of either, how far the server is. */
const KINDS = { n: 'archive', m: 'manifest', d: 'bytes', p: 'progress' } as const;

function openFiles(
  copy: CopyBoth,
  first: Buffer | undefined,
  tablespaces: readonly Tablespace[],
  fail: (error: unknown) => never,
) {
  let contentBytes = 0;
  /** What ended the file before. */
  let header = first;
  async function* bytesOfFile(): AsyncGenerator<Buffer> {
    for (;;) {
      const message = asBytes(await copy.next().catch(fail));
      const kind = message && kindOf(message);
      if (kind === 'progress') contentBytes = Number(message?.readBigInt64BE(1));
      else if (kind === 'bytes' && message !== undefined) yield message.subarray(1);
      else {
        header = message;
        return;
      }
    }
  }
  return {
    contentBytes: () => contentBytes,
    async nextFile(): Promise<SentFile | undefined> {
      while (header !== undefined && kindOf(header) === 'progress') header = asBytes(await copy.next().catch(fail));
      if (header === undefined) return undefined;
      const kind = kindOf(header);
      if (kind === 'manifest') return { name: 'backup_manifest', tablespace: undefined, bytes: bytesOfFile() };
      const [name = ''] = header.toString('utf8', 1).split('\0');
      const oid = /^(\d+)\.tar/.exec(name)?.[1];
      const tablespace = tablespaces.find((one) => one.oid === oid);
      if (kind === 'archive' && tablespace !== undefined) return { name, tablespace, bytes: bytesOfFile() };
      return fail(unknown(header));
    },
  };
}

function kindOf(message: Buffer): (typeof KINDS)[keyof typeof KINDS] {
  const kind = KINDS[String.fromCharCode(message[0] ?? 0) as keyof typeof KINDS];
  if (kind === undefined) throw unknown(message);
  return kind;
}

function unknown(message: Buffer): DumpError {
  return new DumpError({
    operation: OPERATION,
    subject: 'the server',
    problem: `a message of the base backup is unknown: ${message.subarray(0, 32).toString('hex')}`,
  });
}

/** Nobody waits for so short a time that it could be silence. */
function asBytes(message: Buffer | 'silence' | undefined): Buffer | undefined {
  return message === 'silence' ? undefined : message;
}
