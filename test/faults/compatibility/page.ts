/** One thing that pgvouch was tried with, and what came of it. */
export interface Row {
  readonly kind: 'server' | 'locale' | 'role' | 'store';
  readonly what: string;
  backup: string;
  verdict: string;
  restore: string;
}

/** What is told of one step: its result, or why it failed, without what differs between runs. */
export function cellOf<T>(outcome: T | Error, words: (value: T) => string): string {
  if (!(outcome instanceof Error)) return words(outcome);
  const problem = 'problem' in outcome ? String(outcome.problem) : outcome.message;
  const steady = problem
    .replace(/\bpgvouch\/\S*\//g, '…/')
    .replace(/shop_[0-9a-f]{8}/g, 'shop')
    .replace(/\d{5,}/g, 'N')
    .replace(', as told', '');
  return `no: ${steady.split('\n')[0]?.trim()}`;
}

const BEGIN = '<!-- begin: tried -->';
const END = '<!-- end: tried -->';

/** The page with these rows in the place of the ones that it has. */
export function pageWith(page: string, rows: readonly Row[]): string {
  const [before, after] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (before < 0 || after < before) throw new Error(`the page has no ${BEGIN} … ${END}`);
  const sections = (['server', 'locale', 'role', 'store'] as const).map((kind) => {
    const own = rows.filter((row) => row.kind === kind);
    const lines = own.map(({ what, backup, verdict, restore }) => `| ${what} | ${backup} | ${verdict} | ${restore} |`);
    return [`## ${TITLES[kind]}`, '', `| ${kind} | backup | verdict | restore |`, '|---|---|---|---|', ...lines].join(
      '\n',
    );
  });
  return `${page.slice(0, before)}${BEGIN}\n\n${sections.join('\n\n')}\n\n${page.slice(after)}`;
}

const TITLES = { server: 'Servers', locale: 'Locales', role: 'Roles', store: 'Stores' } as const;
