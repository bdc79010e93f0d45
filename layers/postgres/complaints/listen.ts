import { type EntryUnderWay, entriesUnderWay } from './under-way.ts';

/** One thing that a pg_restore with `--verbose` complained of. */
export interface Complaint {
  /** undefined while none was under way. */
  readonly entry: EntryUnderWay | undefined;
  /** What went wrong, with the server's DETAIL, HINT, QUERY and CONTEXT lines. */
  readonly said: string;
  /** The statement that the server refused; undefined if rows were under way, or no statement was. */
  readonly command: string | undefined;
}

export interface Ears {
  take(chunk: Buffer): void;
  /** Tells the last complaint, which only the end of the output ends. */
  end(): void;
  /** Whether pg_restore went through the whole archive, in spite of what it complained of. */
  ranThrough(): boolean;
}

/** More of one complaint is not kept: its command may hold anything. */
const MOST_LENGTH = 1_000_000;

/**
 * Tells each complaint of a pg_restore that goes on after errors, as it comes. Of parallel jobs, the beginnings
 * of lines may run into one another, but no complaint goes unheard.
 *
 * @param tell - called with a complaint once pg_restore's own next line has come
 * @see src/bin/pg_dump/pg_backup_archiver.c, warn_or_exit_horribly: an entry is named once, however often it fails
 */
export function listen(tell: (complaint: Complaint) => void): Ears {
  const decoder = new TextDecoder();
  let rest = '';
  const underWay = entriesUnderWay();
  let lines: string[] | undefined;
  let length = 0;
  let through = false;
  const flush = () => {
    if (lines) {
      const complaint = parted(lines);
      tell({ entry: underWay.of(complaint), ...complaint });
    }
    lines = undefined;
  };
  const hear = (line: string) => {
    const { prefix, text } = prefixOf(line, underWay.inParallel());
    const complains = COMPLAINS.test(text) || (prefix?.endsWith('error: ') && !REMARKS.test(text));
    if (!complains && prefix === undefined) {
      length += line.length;
      if (length < MOST_LENGTH) lines?.push(line);
      return;
    }
    flush();
    underWay.hear(text);
    if (complains) [lines, length] = [[text], text.length];
    through ||= /^errors ignored on restore: \d+/.test(text);
  };
  return {
    take(chunk) {
      const pieces = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = pieces.pop() ?? '';
      for (const line of pieces) hear(line);
    },
    end() {
      if (rest !== '') hear(rest);
      rest = '';
      flush();
    },
    ranThrough: () => through,
  };
}

/** What the server refused, even where parallel jobs wrote the beginning of one line before that of another. */
const COMPLAINS = /^(could not execute query: |COPY failed for table )/;
const REMARKS =
  /^(connecting|executing|creating|dropping|processing|restoring|launching|finished|entering|skipping|enabling|disabling|while|from) /;

/** Of parallel jobs, the beginning of one line may stand before another, so that the rest of it has none. */
const WITHOUT_BEGINNING =
  /^(from TOC entry \d+; \d+ \d+ |(launching|skipping|finished) item \d+ |finished main parallel loop$|creating [A-Z ]+ "|processing (data for table "|item \d+ ))/;

/** @returns what pg_restore's own lines begin with; undefined for those of the server and of statements */
function prefixOf(line: string, inParallel: boolean): { prefix: string | undefined; text: string } {
  const [prefix = ''] = /^(?:pg_restore: |error: |warning: |detail: |hint: )*/.exec(line) ?? [];
  const own = prefix.startsWith('pg_restore: ') || prefix.startsWith('error: ');
  if (own) return { prefix, text: line.slice(prefix.length) };
  return { prefix: inParallel && WITHOUT_BEGINNING.test(line) ? '' : undefined, text: line };
}

function parted(lines: readonly string[]): Pick<Complaint, 'said' | 'command'> {
  const at = lines.findIndex((line) => line.startsWith('Command was: '));
  const said = (at < 0 ? lines : lines.slice(0, at)).join('\n').trim();
  const command = at < 0 ? undefined : lines.slice(at).join('\n').slice('Command was: '.length).trim();
  return { said, command };
}
