import { isFuture } from '../../../../layers/backup/present.ts';
import { day } from '../../../../layers/words/instants.ts';
import { bytes } from '../../../../layers/words/sizes.ts';
import { DAY_MS } from '../../../../layers/words/spans.ts';
import type { BackupFacts } from '../judge/facts.ts';

/** Pixels. */
const WIDTH = 210;
const HEIGHT = 88;
/** More points than this run together. */
const POINTS = 48;
const YEAR_MS = 371 * DAY_MS;

/** How large the backups of the last year are, from 0 up, from the oldest of them to today. */
export function SizePlot({ backups, now }: { backups: readonly BackupFacts[]; now: Date }) {
  const since = now.getTime() - YEAR_MS;
  const shown = backups.filter(
    ({ showsAt, complete }) => complete && showsAt.getTime() >= since && !isFuture(showsAt, now),
  );
  const [newest, oldest] = [shown[0], shown.at(-1)];
  if (newest === undefined || oldest === undefined) return null;
  const largest = Math.max(...shown.map(({ sizeBytes }) => sizeBytes));
  const from = oldest.showsAt.getTime();
  const spanMs = Math.max(now.getTime() - from, DAY_MS);
  const points = thin(shown).map(({ showsAt, sizeBytes }) => ({
    x: Math.min(WIDTH, Math.round((WIDTH * (showsAt.getTime() - from)) / spanMs)),
    y: Math.round((HEIGHT - 2) * (1 - sizeBytes / largest)) + 1,
  }));
  const last = points[0] ?? { x: 0, y: 0 };
  const line = steps(points);
  const today = `${bytes(newest.sizeBytes)} now, at most ${bytes(largest)}`;
  const then = shown.length > 1 ? `${bytes(oldest.sizeBytes)} on ${day(oldest.showsAt, now)}` : '';
  return (
    <figure class="sizes">
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        width={WIDTH}
        height={HEIGHT}
        role="img"
        aria-label={`Size of the backups: ${today}; ${then}`}
      >
        <path class="floor" d={`M0 ${HEIGHT - 0.5}H${WIDTH}`} />
        {points.length > 1 && <path class="area" d={`M${last.x} ${last.y}${line}V${HEIGHT}H${last.x}z`} />}
        <path class="line" d={`M${last.x} ${last.y}${line}`} />
        <circle cx={last.x} cy={last.y} r="2.5" />
      </svg>
      <figcaption>
        {today}
        <br />
        {then}
      </figcaption>
    </figure>
  );
}

/** The way from each point to the next: half as long as where they are. */
function steps(points: readonly { x: number; y: number }[]): string {
  const way = points.slice(1).map(({ x, y }, index) => {
    const from = points[index] ?? { x, y };
    return `${x - from.x} ${y - from.y}`;
  });
  return way.length === 0 ? '' : `l${way.join(' ').replaceAll(' -', '-')}`;
}

/** The largest of each stretch of time, and always the newest: a peak must not be thinned away. */
function thin(backups: readonly BackupFacts[]): BackupFacts[] {
  if (backups.length <= POINTS) return [...backups];
  const perPoint = backups.length / POINTS;
  const thinned = Array.from({ length: POINTS }, (_, point) => {
    const stretch = backups.slice(Math.floor(point * perPoint), Math.floor((point + 1) * perPoint));
    return stretch.reduce((largest, backup) => (backup.sizeBytes > largest.sizeBytes ? backup : largest));
  });
  return [...backups.slice(0, 1), ...thinned.slice(1)];
}
