import { fillBetween } from '../../../layers/words/fill-between.ts';
import { METRICS, PREFIX } from './metrics.ts';

const MARKS = {
  begin: '<!-- Generated from the code by npm run docs:metrics. -->',
  end: '<!-- End of the generated table. -->',
};

/**
 * Puts the table of all metrics into the page that has a place for it; the rest of the page stays as it is.
 *
 * @throws Error if the page has no such place
 */
export function fillMetricsPage(page: string): string {
  return fillBetween(page, MARKS, table());
}

function table(): string {
  const rows = METRICS.map(({ name, type, labels, help }) => [
    `\`${PREFIX}${name}\``,
    type,
    labels.map((label) => `\`${label}\``).join(', '),
    help,
  ]);
  const lines = [['metric', 'type', 'labels', 'meaning'], ['---', '---', '---', '---'], ...rows];
  return lines.map((cells) => `| ${cells.map(escapeCell).join(' | ')} |\n`).join('');
}

function escapeCell(cell: string): string {
  return cell.replaceAll('|', '\\|');
}
