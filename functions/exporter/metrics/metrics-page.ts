import { METRICS, PREFIX } from './metrics.ts';

const BEGIN = '<!-- Generated from the code by npm run docs:metrics. -->';
const END = '<!-- End of the generated table. -->';

/**
 * Puts the table of all metrics into the page that has a place for it; the rest of the page stays as it is.
 *
 * @throws Error if the page has no such place
 */
export function fillMetricsPage(page: string): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`the page has no place for the table: ${BEGIN} … ${END}`);
  return `${page.slice(0, begin)}${BEGIN}\n${table()}${page.slice(end)}`;
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
