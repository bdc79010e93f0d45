/** One of the archive's entries: its number, and `COMMENT EXTENSION hstore`. */
export interface EntryUnderWay {
  readonly id: number;
  readonly what: string;
}

interface Named {
  readonly entry: EntryUnderWay;
  /** Whether a complaint of it has come. */
  heard: boolean;
}

/**
 * Keeps which of the archive's entries are under way, by the lines of a pg_restore with `--verbose`. Pure.
 *
 * A single process names its entry before it complains, so the last one that was named is under way. Of parallel jobs each
 * names its own, and their lines come in any order: there, the entry is the one whose name the complaint has. Jobs name an
 * entry only once, so one that was named and has no complaint yet comes first.
 *
 * @see src/bin/pg_dump/pg_backup_archiver.c, restore_toc_entries_parallel and warn_or_exit_horribly
 */
export function entriesUnderWay() {
  let last: EntryUnderWay | undefined;
  /** What parallel jobs have named and not finished yet; undefined where there are none. */
  let named: Named[] | undefined;
  return {
    /** @param text - a line of pg_restore's own, without what it begins with */
    hear(text: string): void {
      if (text === 'entering main parallel loop') named = [];
      if (text === 'finished main parallel loop') named = undefined;
      const [, finished] = /^finished item (\d+) /.exec(text) ?? [];
      if (finished !== undefined) named = named?.filter(({ entry }) => entry.id !== Number(finished));
      const [, id, what] = /^from TOC entry (\d+); \d+ \d+ (.*)$/s.exec(text) ?? [];
      if (id === undefined || what === undefined) return;
      last = { id: Number(id), what: withoutOwner(what) };
      named?.push({ entry: last, heard: false });
    },
    inParallel: () => named !== undefined,
    /** The entry that a complaint is about; undefined while none is under way. */
    of({
      said,
      command = said,
    }: {
      readonly said: string;
      readonly command: string | undefined;
    }): EntryUnderWay | undefined {
      if (!named) return last;
      const [text = ''] = command === said ? said.split('\n') : [command];
      const fresh = named.filter(({ heard }) => !heard);
      const known = named.filter(({ heard }) => heard);
      const fits = ({ entry }: Named) => hasWords(text, statementOf(entry.what));
      // Only the first statement of an entry has its kind: an index's second one is ALTER TABLE … CLUSTER ON.
      const hasName = ({ entry }: Named) => hasWords(text, nameIn(entry.what));
      const found =
        fresh.find(fits) ??
        known.findLast(fits) ??
        known.findLast(hasName) ??
        fresh.find(hasName) ??
        fresh[0] ??
        known.at(-1);
      if (found) found.heard = true;
      return found?.entry ?? last;
    },
  };
}

/** What pg_restore calls an entry, where its statement has other words. */
const STATEMENTS: Readonly<Record<string, string>> = {
  'TABLE DATA': 'COPY',
  'SEQUENCE SET': 'setval',
  'MATERIALIZED VIEW DATA': 'REFRESH',
  'FK CONSTRAINT': 'CONSTRAINT',
  'CHECK CONSTRAINT': 'CONSTRAINT',
  'ROW SECURITY': 'ROW LEVEL SECURITY',
  'PUBLICATION TABLE': 'PUBLICATION',
  'STATISTICS DATA': 'SELECT',
};

function statementOf(what: string): string {
  const kind = Object.keys(STATEMENTS).find((one) => what.startsWith(`${one} `));
  return kind === undefined ? what : STATEMENTS[kind] + what.slice(kind.length);
}

/** Without its kind, which is in capitals. */
function nameIn(what: string): string {
  return what.replace(/^(?:[A-Z]+ )+(?=.)/, '');
}

function hasWords(text: string, words: string): boolean {
  return words.split(' ').every((word) => hasWord(text, word));
}

function hasWord(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    const around = (text[at - 1] ?? ' ') + (text[at + word.length] ?? ' ');
    if (!/[\p{L}\p{N}_$]/u.test(around)) return true;
  }
  return false;
}

/** `TABLE t postgres`, `EXTENSION hstore (no owner)`, and nothing where nobody owns it. */
function withoutOwner(what: string): string {
  return what.replace(/ (\(no owner\)|\S*)$/, '');
}
