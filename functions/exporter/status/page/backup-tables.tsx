import { count, figure } from '../../../../layers/words/counts.ts';
import { drillStandNote } from '../../../../layers/words/drill-stand.ts';
import { day, machine, stamp } from '../../../../layers/words/instants.ts';
import { bytes } from '../../../../layers/words/sizes.ts';
import { ago } from '../../../../layers/words/spans.ts';
import { label, shorten } from '../../../../layers/words/texts.ts';
import { signOf } from '../judge/backup-sign.ts';
import type { BackupFacts } from '../judge/facts.ts';
import { ROOM } from '../judge/limits.ts';
import { SIGN_WORDS, SignMark } from './sign.tsx';

interface TableProps {
  readonly database: string;
  readonly backups: readonly BackupFacts[];
  /** How many at most. */
  readonly rows: number;
  readonly now: Date;
}

/** The newest backups that are there to stay, folded. */
export function BackupTable({ database, backups, rows, now }: TableProps) {
  const staying = backups.filter(({ retirement }) => retirement === undefined);
  if (staying.length === 0) return null;
  return (
    <Folded title={count(staying.length, 'backup')} database={database} all={staying} rows={rows} now={now}>
      {(backup) => (
        <>
          {backup.kept && <small>kept by hand</small>}
          <Reasons backup={backup} />
        </>
      )}
    </Folded>
  );
}

/** Those that retention gave up, the first to go first, folded. */
export function RetiredTable({ database, backups, rows, now }: TableProps) {
  const leaving = backups
    .filter(({ retirement }) => retirement !== undefined)
    .sort((a, b) => goesAt(a) - goesAt(b) || a.firedAt.getTime() - b.firedAt.getTime());
  const [first] = leaving;
  if (first === undefined) return null;
  return (
    <Folded
      title={`${figure(leaving.length)} retired, ${leaving.length === 1 ? 'it' : 'the first'} ${fateOf(first, now)}`}
      database={database}
      all={leaving}
      rows={rows}
      now={now}
    >
      {(backup) => (
        <>
          <small>
            {fateOf(backup, now)}
            {backup.retirement?.reasons.length
              ? `: ${shorten(backup.retirement.reasons.join('; '), ROOM.textLength)}`
              : ''}
          </small>
          <Reasons backup={backup} />
        </>
      )}
    </Folded>
  );
}

function Folded(props: {
  readonly title: string;
  readonly database: string;
  readonly all: readonly BackupFacts[];
  readonly rows: number;
  readonly now: Date;
  readonly children: (backup: BackupFacts) => preact.ComponentChildren;
}) {
  const { title, database, all, rows, now, children } = props;
  const rest = all.length - rows;
  return (
    <details>
      <summary>{title}</summary>
      <table>
        <caption class="away">
          {label(database)}: {title}
        </caption>
        <thead>
          <tr>
            <th scope="col">Backup, UTC</th>
            <th scope="col">Size</th>
            <th scope="col">Verdict</th>
          </tr>
        </thead>
        <tbody>
          {all.slice(0, rows).map((backup) => (
            <Row key={backup.firedAt.getTime()} backup={backup} now={now}>
              {children(backup)}
            </Row>
          ))}
        </tbody>
      </table>
      {rest > 0 && (
        <p class="rest">
          {count(rest, 'more backup')}: <code>npx pgvouch list</code> has them all.
        </p>
      )}
    </details>
  );
}

function Row(props: { readonly backup: BackupFacts; readonly now: Date; readonly children: preact.ComponentChildren }) {
  const { backup, now, children } = props;
  const { verdict } = backup;
  const sign = signOf(backup);
  return (
    <tr>
      <th scope="row">
        <time datetime={machine(backup.firedAt)}>{stamp(backup.firedAt)}</time>{' '}
        <small>{ago(backup.showsAt, now)}</small>
      </th>
      <td>{bytes(backup.sizeBytes)}</td>
      <td>
        <SignMark sign={sign} /> {SIGN_WORDS[sign === 'retired' && backup.complete ? (verdict ?? 'waiting') : sign]}
        {children}
      </td>
    </tr>
  );
}

function Reasons({ backup: { complete, reasons, drill } }: { backup: BackupFacts }) {
  if (!complete) return <small>its archive is gone</small>;
  const texts = [...(drill ? [`${drillStandNote(drill)}.`] : []), ...reasons];
  return texts.length === 0 ? null : <small>{shorten(texts.join(' '), ROOM.textLength)}</small>;
}

/** When it goes; what was not read goes at an unknown time, last in the list. */
function goesAt({ retirement }: BackupFacts): number {
  if (retirement?.going) return 0;
  return retirement?.removeAfter?.getTime() ?? Number.MAX_SAFE_INTEGER;
}

function fateOf({ retirement }: BackupFacts, now: Date): string {
  if (retirement?.going) return 'goes any moment now';
  if (retirement?.removeAfter === undefined) return 'goes after its grace';
  return `goes ${retirement.removeAfter < now ? 'with the next run' : `after ${day(retirement.removeAfter, now)}`}`;
}
