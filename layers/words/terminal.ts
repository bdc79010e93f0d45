import type { WriteStream } from 'node:tty';
import { type Bar, type GenericFormatter, MultiBar, Presets } from 'cli-progress';
import { formatLogLine } from './log-line.ts';
import { bytes } from './sizes.ts';

export interface Progress {
  /** What is being brought or done; one bar for each. */
  readonly what: string;
  readonly doneBytes: number;
  /** 0 while it is not known: then no bar is drawn, only the bytes. */
  readonly totalBytes: number;
}

export type Terminal = ReturnType<typeof openTerminal>;

/** Without a terminal a progress line is printed at most this often. */
const SPARSE_MS = 10_000;
const BAR_WIDTH = 24;
/** The longest that there is, `PostgreSQL 18 client (amd64)`: so the bars stand below one another. */
const WHAT_WIDTH = 28;
/** Clears what is left of a bar where a line is written over it. */
const CLEAR_BELOW = '\x1b[J';

/**
 * What people see: lines, a bar for each thing under way on a terminal, sparse lines elsewhere. On a terminal the
 * functions' JSON log lines become readable ones; elsewhere they stay JSON, for whoever collects them.
 */
export function openTerminal(out: WriteStream) {
  const write = out.write.bind(out);
  const bars = new Map<string, Bar>();
  const toldAt = new Map<string, number>();
  let multibar: MultiBar | undefined;

  const line = (text: string) => {
    if (multibar) multibar.log(`${text}\n`.replaceAll('\n', `${CLEAR_BELOW}\n`));
    else write(`${text}\n`);
  };

  /** Takes a bar away; the last one takes the drawing of bars along. */
  const finished = (what: string) => {
    const bar = bars.get(what);
    if (!bar || !multibar) return;
    bars.delete(what);
    if (bars.size > 0) return void multibar.remove(bar);
    multibar.update();
    multibar.stop();
    multibar = undefined;
  };

  const draw = ({ what, doneBytes, totalBytes }: Progress) => {
    const done = isDone({ what, doneBytes, totalBytes });
    // The end may be reported twice.
    if (done && !bars.has(what)) return;
    multibar ??= new MultiBar({ stream: out, clearOnComplete: true, linewrap: true, format: formatBar }, PRESET);
    const payload = { what, doneBytes, totalBytes, columns: out.columns };
    const bar = bars.get(what) ?? multibar.create(1, 0, payload);
    bars.set(what, bar);
    bar.update(totalBytes > 0 ? Math.min(1, doneBytes / totalBytes) : 0, payload);
    if (done) finished(what);
  };

  const tell = (progress: Progress) => {
    const now = Date.now();
    const { what } = progress;
    const lastAt = toldAt.get(what);
    if (isDone(progress)) {
      if (!toldAt.delete(what)) return;
    } else {
      if (lastAt === undefined || now - lastAt < SPARSE_MS) return void toldAt.set(what, lastAt ?? now);
      toldAt.set(what, now);
    }
    line(`  ${what}: ${describe(progress)}`);
  };

  if (out.isTTY) {
    out.write = ((chunk: string | Uint8Array, ...rest: never[]) => {
      const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
      if (!text.startsWith('{')) return write(chunk, ...rest);
      for (const json of text.trimEnd().split('\n')) line(formatLogLine(json));
      return true;
    }) as typeof out.write;
  }

  return {
    line,
    progress: out.isTTY ? draw : tell,
    finished,
    close(): void {
      for (const what of [...bars.keys()]) finished(what);
      out.write = write as typeof out.write;
    },
  };
}

const PRESET = Presets.shades_classic;

const formatBar: GenericFormatter = (options, { progress }, payload: Progress & { readonly columns: number }) => {
  const done = Math.round(progress * BAR_WIDTH);
  const bar = `${options.barCompleteString?.slice(0, done)}${options.barIncompleteString?.slice(0, BAR_WIDTH - done)}`;
  const text = `${payload.what.padEnd(WHAT_WIDTH)} ${describe(payload)}`;
  // A bar that breaks over two lines would be drawn again and again, further and further down.
  return ` ${payload.totalBytes > 0 ? bar : ' '.repeat(BAR_WIDTH)} ${text}`.slice(0, payload.columns - 1);
};

function isDone({ doneBytes, totalBytes }: Progress): boolean {
  return totalBytes > 0 && doneBytes >= totalBytes;
}

function describe({ doneBytes, totalBytes }: Progress): string {
  if (doneBytes === 0 && totalBytes === 0) return '…';
  return totalBytes > 0 ? `${bytes(doneBytes)} of ${bytes(totalBytes)}` : bytes(doneBytes);
}
