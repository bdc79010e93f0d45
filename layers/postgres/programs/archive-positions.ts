import { readSync } from 'node:fs';
import { open } from 'node:fs/promises';

/**
 * Writes into an archive on disk where each table's data begins, as pg_dump itself does if it can seek in its output. Into
 * a pipe it cannot, and then pg_restore does not know how large tables are: its jobs take them in the archive's order, and a
 * large one that comes last is restored while the other jobs have nothing to do. With positions the largest comes first,
 * and so do its indexes. Nothing else in the archive changes.
 *
 * The file is left as it is if its form is another than pg_dump 14 to 18 writes, or if it cannot be read or written: it
 * restores without positions, too.
 *
 * @returns whether it has positions now
 * @see src/bin/pg_dump/pg_backup_custom.c, _PrepParallelRestore and _skipData; pg_backup_archiver.c, ReadHead and ReadToc
 */
export async function writePositions(file: string): Promise<boolean> {
  const handle = await open(file, 'r+').catch(() => undefined);
  if (handle === undefined) return false;
  try {
    const reader = new Reader(handle.fd, (await handle.stat()).size);
    const contents = readContents(reader);
    const positions = findData(reader, new Set(contents.places.keys()));
    for (const [id, place] of contents.places) {
      const position = positions.get(id);
      if (position !== undefined) await handle.write(written(position, contents.offsetBytes), 0, undefined, place);
    }
    return true;
  } catch {
    return false;
  } finally {
    await handle.close();
  }
}

interface Contents {
  /** How many bytes a position takes, beside the byte that says whether it is known. */
  readonly offsetBytes: number;
  /** Of each entry with data: where in the file its position is noted. */
  readonly places: ReadonlyMap<number, number>;
}

const CUSTOM = 1;
const OLDEST = 14;
const NEWEST = 16;

/** The file's head and its table of contents; its data begins behind them. */
function readContents(reader: Reader): Contents {
  if (reader.take(5).toString('latin1') !== 'PGDMP') throw new NotUnderstood();
  const [major = 0, minor = 0, , intBytes = 0, offsetBytes = 0, format] = reader.take(6);
  if (major !== 1 || minor < OLDEST || minor > NEWEST || format !== CUSTOM) throw new NotUnderstood();
  reader.intBytes = intBytes;
  if (minor >= 15) reader.take(1);
  else reader.int();
  for (let part = 0; part < TIME_PARTS; part++) reader.int();
  for (let text = 0; text < HEAD_TEXTS; text++) reader.skipText();
  const places = new Map<number, number>();
  for (let left = reader.int(); left > 0; left--) {
    const id = reader.int();
    const hasData = reader.int() !== 0;
    for (const part of ENTRY) {
      if (part === 'text') reader.skipText();
      else if (part === 'int' || minor >= 16) reader.int();
    }
    while (reader.skipText());
    if (hasData) places.set(id, reader.at);
    reader.take(1 + offsetBytes);
  }
  return { offsetBytes, places };
}

/** When it was made, in seconds, minutes, … */
const TIME_PARTS = 7;
/** The database, its server's version, and pg_dump's. */
const HEAD_TEXTS = 3;
/** After id and whether there is data: oids, tag, type; section; three statements, schema, tablespace, access method; kind; owner, oids. */
const ENTRY = [
  ...['text', 'text', 'text', 'text', 'int'],
  ...['text', 'text', 'text', 'text', 'text', 'text'],
  ...['int from 1.16', 'text', 'text'],
];

const TABLE_DATA = 1;
const LARGE_OBJECTS = 3;

/** Goes over all data to the file's end, from length to length. */
function findData(reader: Reader, ids: ReadonlySet<number>): Map<number, number> {
  const positions = new Map<number, number>();
  while (!reader.atEnd) {
    const position = reader.at;
    const [kind] = reader.take(1);
    const id = reader.int();
    if (!ids.has(id)) throw new NotUnderstood();
    positions.set(id, position);
    if (kind === TABLE_DATA) skipChunks(reader);
    else if (kind === LARGE_OBJECTS) while (reader.int() !== 0) skipChunks(reader);
    else throw new NotUnderstood();
  }
  return positions;
}

function skipChunks(reader: Reader): void {
  for (let length = reader.int(); length !== 0; length = reader.int()) reader.skip(length);
}

const KNOWN = 2;

function written(position: number, offsetBytes: number): Buffer {
  const bytes = Buffer.alloc(1 + offsetBytes);
  bytes[0] = KNOWN;
  bytes.writeBigUInt64LE(BigInt(position), 1);
  return bytes;
}

class NotUnderstood extends Error {}

/** Reading so little takes less time than it would take to wait for it. */
const WINDOW_BYTES = 8_192;

/** Reads a file from its beginning, here and there. */
class Reader {
  at = 0;
  intBytes = 4;
  #windowAt = 0;
  #filled = 0;
  readonly #window = Buffer.allocUnsafe(WINDOW_BYTES);
  readonly #file: number;
  readonly #size: number;

  constructor(file: number, size: number) {
    this.#file = file;
    this.#size = size;
  }

  get atEnd(): boolean {
    return this.at === this.#size;
  }

  take(length: number): Buffer {
    const inWindow = this.at - this.#windowAt;
    if (inWindow < 0 || inWindow + length > this.#filled) {
      this.#filled = readSync(this.#file, this.#window, 0, WINDOW_BYTES, this.at);
      this.#windowAt = this.at;
      if (this.#filled < length) throw new NotUnderstood();
    }
    const from = this.at - this.#windowAt;
    this.at += length;
    return this.#window.subarray(from, from + length);
  }

  skip(length: number): void {
    if (length < 0 || this.at + length > this.#size) throw new NotUnderstood();
    this.at += length;
  }

  /** A byte for the sign, and the lowest byte first. */
  int(): number {
    const bytes = this.take(1 + this.intBytes);
    const value = bytes.readUIntLE(1, this.intBytes);
    return bytes[0] === 0 ? value : -value;
  }

  /** @returns whether there was one */
  skipText(): boolean {
    const length = this.int();
    if (length > 0) this.skip(length);
    return length >= 0;
  }
}
