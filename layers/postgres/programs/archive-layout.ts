/** One thing that an archive holds, as its table of contents has it. */
export interface LaidEntry {
  readonly id: number;
  /** `TABLE`, `INDEX`, `TABLE DATA`, … */
  readonly type: string;
  /** As pg_dump tags it: `orders`, `f(integer)`, `orders orders_pkey`. */
  readonly name: string;
  readonly schema: string | null;
  readonly owner: string;
  readonly section: 'none' | 'pre-data' | 'data' | 'post-data';
  /** Ids of the entries that it needs. */
  readonly needs: readonly number[];
  /** Where the head has the statement that fills it; undefined where there is none. */
  readonly copyAt: { readonly start: number; readonly length: number } | undefined;
  /** Where the head says where its data are. */
  readonly offsetAt: number;
}

/** Where the data of one entry lie in an archive. */
export interface Block {
  readonly id: number;
  readonly at: number;
  readonly sizeBytes: number;
}

/** What stands before the data: the header and the table of contents. */
export interface ArchiveHead {
  readonly bytes: Buffer;
  readonly entries: readonly LaidEntry[];
  /** Bytes of a number, without its sign. */
  readonly intBytes: number;
  /** Bytes of a place in the file. */
  readonly offsetBytes: number;
}

export interface ArchiveLayout {
  readonly head: ArchiveHead;
  readonly blocks: readonly Block[];
}

/**
 * Notes where everything lies in an archive while its bytes pass by. pg_dump writes into a pipe, so its archives do not
 * tell where their data are.
 *
 * @returns takes the chunks in their order; and gives the layout at the end, or undefined if the archive is of no kind
 *   that is known here, or breaks off
 * @see src/bin/pg_dump/pg_backup_custom.c, _PrintTocData and _skipData
 */
export function watchLayout(): { take(chunk: Buffer): void; layout(): ArchiveLayout | undefined } {
  let head: ArchiveHead | undefined;
  let started: Buffer[] = [];
  let startedBytes = 0;
  let tryAt = 0;
  let blocks: ReturnType<typeof followBlocks> | undefined;
  let lost = false;
  return {
    take(chunk) {
      if (lost) return;
      try {
        if (blocks) return blocks.take(chunk);
        started.push(chunk);
        startedBytes += chunk.length;
        // It is read from its beginning each time, so not for every chunk of a large one.
        if (startedBytes < tryAt) return;
        const bytes = Buffer.concat(started);
        started = [bytes];
        head = readHead(bytes);
        tryAt = startedBytes * 2;
        if (head === undefined) return;
        blocks = followBlocks(head);
        started = [];
        blocks.take(bytes.subarray(head.bytes.length));
      } catch (error) {
        if (!(error instanceof UnknownArchive)) throw error;
        lost = true;
        started = [];
      }
    },
    layout() {
      if (!lost && blocks === undefined && startedBytes > 0) {
        tryAt = 0;
        this.take(Buffer.alloc(0));
      }
      const found = lost ? undefined : blocks?.end();
      return head && found && { head, blocks: found };
    },
  };
}

class UnknownArchive extends Error {}

/** Beyond what is there: more bytes may bring it. */
class TooShort extends Error {}

/** Archive format 1.14 is of PostgreSQL 12 to 15, 1.15 of 16, 1.16 of 17 and 18. */
const FORMATS = { 14: 'level', 15: 'method', 16: 'method' } as const;
const SECTIONS = { 1: 'none', 2: 'pre-data', 3: 'data', 4: 'post-data' } as const;
const CUSTOM = 1;

/**
 * Reads header and table of contents.
 *
 * @returns undefined if they go on beyond the bytes
 * @see src/bin/pg_dump/pg_backup_archiver.c, ReadHead and ReadToc
 */
export function readHead(bytes: Buffer): ArchiveHead | undefined {
  try {
    return headOf(bytes);
  } catch (error) {
    if (error instanceof TooShort) return undefined;
    throw error;
  }
}

function headOf(bytes: Buffer): ArchiveHead {
  if (bytes.length < 12) throw new TooShort();
  const [major = 0, minor = 0, , intBytes = 0, offsetBytes = 0, format] = bytes.subarray(5);
  const compression = FORMATS[minor as keyof typeof FORMATS];
  const known = bytes.toString('latin1', 0, 5) === 'PGDMP' && major === 1 && format === CUSTOM;
  if (!known || compression === undefined || intBytes !== 4 || offsetBytes !== 8) throw new UnknownArchive();
  const reader = readerOf(bytes, 11);
  if (compression === 'level') reader.int();
  else reader.skip(1);
  for (let part = 0; part < 7; part++) reader.int(); // when it was made
  for (let text = 0; text < 3; text++) reader.text(); // the database, the server's version and pg_dump's
  const count = reader.int();
  const entries: LaidEntry[] = [];
  for (let index = 0; index < count; index++) entries.push(entryOf(reader, minor, offsetBytes));
  return { bytes: Buffer.from(bytes.subarray(0, reader.at())), entries, intBytes, offsetBytes };
}

function entryOf(reader: ReturnType<typeof readerOf>, minor: number, offsetBytes: number): LaidEntry {
  const id = reader.int();
  reader.int(); // whether it has data
  reader.text(); // the oid of its catalog
  reader.text(); // its own
  const name = reader.text() ?? '';
  const type = reader.text() ?? '';
  const section = SECTIONS[reader.int() as keyof typeof SECTIONS];
  if (section === undefined) throw new UnknownArchive();
  for (let part = 0; part < 2; part++) reader.skipText(); // how it is made and dropped
  const copyAt = reader.skipText();
  const schema = reader.text();
  reader.skipText(); // tablespace
  reader.skipText(); // access method
  if (minor >= 16) reader.int(); // kind of relation
  const owner = reader.text() ?? '';
  reader.skipText(); // WITH OIDS
  const needs: number[] = [];
  for (let need = reader.text(); need !== null; need = reader.text()) needs.push(Number(need));
  const offsetAt = reader.at();
  reader.skip(1 + offsetBytes);
  return { id, type, name, schema: schema || null, owner, section, needs, copyAt, offsetAt };
}

/** @see src/bin/pg_dump/pg_backup_archiver.c, ReadInt and ReadStr: a sign, then the bytes, the lowest first */
function readerOf(bytes: Buffer, from: number) {
  let at = from;
  const skip = (count: number) => {
    at += count;
    if (at > bytes.length) throw new TooShort();
    return at - count;
  };
  const int = () => {
    const start = skip(5);
    const value = bytes.readUInt32LE(start + 1);
    return bytes[start] === 0 ? value : -value;
  };
  const skipText = () => {
    const length = int();
    return length < 0 ? undefined : { start: skip(length), length };
  };
  return {
    int,
    skip,
    skipText,
    at: () => at,
    text() {
      const found = skipText();
      return found === undefined ? null : bytes.toString('utf8', found.start, found.start + found.length);
    },
  };
}

const DATA = 1;
const LARGE_OBJECTS = 3;

/** Follows the blocks of data: a kind, the entry's id, and then pieces with their lengths, until one has none. */
function followBlocks({ bytes: head, intBytes }: ArchiveHead) {
  const blocks: Block[] = [];
  const intLength = 1 + intBytes;
  const pending = Buffer.alloc(1 + intLength);
  let filled = 0;
  let at = head.length;
  let state: 'block' | 'object' | 'piece' = 'block';
  let open: { id: number; at: number; objects: boolean } | undefined;
  let skip = 0;
  const close = () => {
    if (open) blocks.push({ id: open.id, at: open.at, sizeBytes: at - open.at });
    open = undefined;
    state = 'block';
  };
  const understand = () => {
    const value = pending.readUInt32LE(state === 'block' ? 2 : 1);
    if (state === 'block') {
      const kind = pending[0];
      if (kind !== DATA && kind !== LARGE_OBJECTS) throw new UnknownArchive();
      open = { id: value, at: at - pending.length, objects: kind === LARGE_OBJECTS };
      state = open.objects ? 'object' : 'piece';
    } else if (state === 'object') {
      if (value === 0) close();
      else state = 'piece';
    } else if (value > 0) skip = value;
    else if (open?.objects) state = 'object';
    else close();
  };
  return {
    take(chunk: Buffer) {
      for (let from = 0; from < chunk.length; ) {
        const wanted = skip > 0 ? skip : (state === 'block' ? pending.length : intLength) - filled;
        const some = Math.min(wanted, chunk.length - from);
        const wasSkipping = skip > 0;
        if (wasSkipping) skip -= some;
        else filled += chunk.copy(pending, filled, from, from + some);
        from += some;
        at += some;
        if (wasSkipping || some < wanted) continue;
        filled = 0;
        understand();
      }
    },
    end: () => (open === undefined && filled === 0 && skip === 0 ? blocks : undefined),
  };
}
