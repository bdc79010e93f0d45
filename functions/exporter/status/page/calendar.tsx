import { count } from '../../../../layers/words/counts.ts';
import { day, monthName } from '../../../../layers/words/instants.ts';
import type { Sign } from '../judge/backup-sign.ts';
import type { BackupFacts, WindowFacts } from '../judge/facts.ts';
import { namedDays } from '../judge/named-days.ts';
import { bandOf, type Day, SIGNS, tally, WEEKS, yearOf } from '../judge/year.ts';
import { SIGN_WORDS, SignMark } from './sign.tsx';

/** Pixels: a day and the gap after it, and what stands left and above of the days. */
const PITCH = 12;
const CELL = 10;
const LEFT = 26;
const TOP = 16;
const FIRST_HALF = 26;
/** Of either half, so that both are drawn at one scale where they must shrink. */
const WIDTH = LEFT + PITCH * (WEEKS - FIRST_HALF) - (PITCH - CELL);

/**
 * The last year as two half years of weeks, which stand below each other where there is no room: a column a week, its
 * Monday at the top. The words below it say the same.
 */
export function Calendar({ backups, windows, now }: CalendarProps) {
  const days = yearOf(backups, now);
  const cut = 7 * FIRST_HALF;
  const band = windows && bandOf(days, windows);
  return (
    <div class="year">
      <div class="halves">
        <HalfYear days={days.slice(0, cut)} band={band?.slice(0, cut)} weeks={FIRST_HALF} now={now} />
        <HalfYear days={days.slice(cut)} band={band?.slice(cut)} weeks={WEEKS - FIRST_HALF} now={now} />
      </div>
      <Tally days={days} band={band} now={now} />
    </div>
  );
}

interface CalendarProps {
  readonly backups: readonly BackupFacts[];
  /** What can be gone back to, to any second: a band behind the days. Where it is given, the backups are base backups. */
  readonly windows?: readonly WindowFacts[];
  readonly now: Date;
}

interface DaysProps {
  readonly days: readonly Day[];
  readonly band: readonly boolean[] | undefined;
  readonly now: Date;
}

function HalfYear({ days, band, weeks, now }: DaysProps & { weeks: number }) {
  const [first, last] = [days[0], days.at(-1)];
  if (first === undefined || last === undefined) return null;
  const counts = tally(days);
  const told = [...SIGNS, 'none' as const].filter((sign) => counts.has(sign));
  const parts = told.map((sign) => `${counts.get(sign)} ${wordsOf(sign, band)}`);
  const words = `${day(first.at, now)} to ${day(last.at, now)}: ${[...parts, ...bandWords(band)].join(', ')}`;
  return (
    <svg class="cal" viewBox={`0 0 ${WIDTH} ${TOP + 7 * PITCH}`} width={WIDTH} role="img" aria-label={words}>
      <use href={`#${weeks === FIRST_HALF ? 'older' : 'newer'}`} />
      <g transform={`translate(${LEFT} ${TOP})`}>
        {band?.includes(true) && <path class="band" d={bandRuns(band)} />}
        <Days days={days} />
      </g>
    </svg>
  );
}

/** The names of months and weekdays: drawn once for all calendars of a page, which show the same year. */
export function CalendarLabels({ now }: { now: Date }) {
  const days = yearOf([], now);
  const cut = 7 * FIRST_HALF;
  return (
    <svg class="symbols" width="0" height="0" aria-hidden="true">
      <Labels id="older" days={days.slice(0, cut)} />
      <Labels id="newer" days={days.slice(cut)} />
    </svg>
  );
}

function Labels({ id, days }: { id: string; days: readonly Day[] }) {
  return (
    <g id={id} class="labels">
      {months(days).map(({ week, name }) => (
        <text key={week} x={LEFT + PITCH * week} y="10">
          {name}
        </text>
      ))}
      {['Mon', 'Wed', 'Fri'].map((name, index) => (
        <text key={name} x="0" y={TOP + PITCH * (2 * index + 1) - 3}>
          {name}
        </text>
      ))}
    </g>
  );
}

/** One path for each kind of day, a stroke for each run of equal days in a week: a year takes some 600 bytes. */
function Days({ days }: { days: readonly Day[] }) {
  const where = (wanted: Sign | undefined) => runs(days.map(({ sign }) => sign === wanted));
  const retired = where('retired');
  const bad = days.flatMap(({ sign }, index) => (sign === 'corrupt' || sign === 'unrestorable' ? [cross(index)] : []));
  const mixed = days.flatMap(({ mixed }, index) => (mixed ? [notch(index)] : []));
  return (
    <>
      <Strokes class="none" d={where(undefined)} />
      <Strokes class="restorable" d={where('restorable')} />
      <Strokes class="readable" d={where('readable')} />
      <Strokes class="hole" d={where('readable')} />
      <Strokes class="intact" d={where('intact')} />
      <Strokes class="hole" d={where('intact')} />
      <Strokes class="retired" d={retired} />
      <Strokes class="hole wide" d={retired} />
      <Strokes class="waiting" d={where('waiting')} />
      <Strokes class="bad" d={bad.join('')} />
      <Strokes class="bad" d={mixed.join('')} />
    </>
  );
}

function Strokes({ class: name, d }: { class: string; d: string }) {
  return d === '' ? null : <path class={`day ${name}`} d={d} />;
}

/** Vertical strokes through equal days that follow each other in a week; a dash pattern cuts them into days. */
function runs(matches: readonly boolean[]): string {
  return strokes(matches, ({ x, y }, more) => `M${x + CELL / 2} ${y}v${PITCH * more + CELL}`);
}

/** The same without the gaps between days. */
function bandRuns(matches: readonly boolean[]): string {
  return strokes(matches, ({ x, y }, more) => `M${x + CELL / 2} ${y - 1}v${PITCH * (more + 1)}`);
}

function strokes(
  matches: readonly boolean[],
  stroke: (first: { x: number; y: number }, more: number) => string,
): string {
  let path = '';
  for (let index = 0; index < matches.length; index++) {
    if (!matches[index]) continue;
    const start = index;
    while (matches[index + 1] && (index + 1) % 7 !== 0) index++;
    path += stroke(placeOf(start), index - start);
  }
  return path;
}

function cross(index: number): string {
  const { x, y } = placeOf(index);
  return `M${x + 1} ${y + 1}l8 8m0-8l-8 8`;
}

/** A corner of a day on which another backup is bad. */
function notch(index: number): string {
  const { x, y } = placeOf(index);
  return `M${x + 5} ${y + 5}l5 5m0-5l-5 5`;
}

function placeOf(index: number): { x: number; y: number } {
  return { x: PITCH * Math.floor(index / 7), y: PITCH * (index % 7) };
}

/** Above the week in which a month begins, where there is room until the next. */
function months(days: readonly Day[]): { week: number; name: string }[] {
  return days.flatMap(({ at }, index) =>
    at.getUTCDate() === 1 && index < days.length - 14
      ? [{ week: Math.floor(index / 7), name: monthName(at.getUTCMonth()).slice(0, 3) }]
      : [],
  );
}

const WORDS: Readonly<Record<Sign | 'none', string>> = { ...SIGN_WORDS, none: 'without a backup' };

function wordsOf(sign: Sign | 'none', band: readonly boolean[] | undefined): string {
  return band && sign === 'none' ? 'without a base backup' : WORDS[sign];
}

function bandWords(band: readonly boolean[] | undefined): string[] {
  return band?.includes(true) ? [`any second of ${count(band.filter(Boolean).length, 'day')}`] : [];
}

/** The calendar in words, and what its signs mean. */
function Tally({ days, band, now }: DaysProps) {
  const counts = tally(days);
  const bad = days.filter(({ sign, mixed }) => mixed || sign === 'corrupt' || sign === 'unrestorable');
  const badOnes = bad.map(({ at }) => at).reverse();
  return (
    <p class="tally">
      {bandWords(band).map((words) => (
        <span key="band">
          <SignMark sign="band" /> {words}
        </span>
      ))}
      {[...SIGNS, 'none' as const]
        .filter((sign) => counts.has(sign))
        .map((sign) => (
          <span key={sign}>
            <SignMark sign={sign} /> {count(counts.get(sign) ?? 0, 'day')} {wordsOf(sign, band)}
          </span>
        ))}
      {badOnes.length > 0 && <span>bad ones on {namedDays(badOnes, now)}</span>}
    </p>
  );
}
