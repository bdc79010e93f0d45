import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');
const pages = [
  ...['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md'],
  ...readdirSync(path.join(ROOT, 'docs'))
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
];

test.each(pages)('every link of %s leads somewhere', (page) => {
  const links = Array.from(withoutCode(read(page)).matchAll(/\]\(([^)\s]+)\)/g), ([, link = '']) => link);
  expect(links.filter((link) => !/^https?:/.test(link) && !leadsSomewhere(page, link))).toEqual([]);
});

test('a newcomer reads at most 1,500 words', () => {
  expect(read('README.md').split(/\s+/).length).toBeLessThanOrEqual(1_500);
});

test('the README leads to every page', () => {
  const readme = read('README.md');
  expect(pages.filter((page) => page.startsWith('docs/') && !readme.includes(`](${page}`))).toEqual([]);
});

test('docs/architecture.md names every folder of the code', () => {
  const plan = read('docs/architecture.md') + read('docs/architecture.svg');
  const rooms = ['functions', 'functions/by-hand', 'events', 'layers', 'deploy'].flatMap((top) =>
    readdirSync(path.join(ROOT, top), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name),
  );
  expect(rooms.length).toBeGreaterThan(50);
  expect(rooms.filter((room) => !new RegExp(`\\b${room}\\b`).test(plan))).toEqual([]);
});

describe('docs/configuration.md', () => {
  /** `| \`NAME\` | default | meaning |` */
  const rows = Array.from(read('docs/configuration.md').matchAll(/^\| `([A-Z_]+)` \| ([^|]+) \| ([^|]+) \|$/gm));
  const documented = rows.map(([, name = '']) => name);
  const source = ['functions', 'layers', 'events', 'deploy']
    .filter((folder) => existsSync(path.join(ROOT, folder)))
    .flatMap((folder) => sourcesIn(folder))
    .map(read)
    .join('\n');

  test('has each variable once, the ten common ones first', () => {
    expect(new Set(documented).size).toBe(documented.length);
    expect(documented.indexOf('BACKUP_WEBHOOK_URL')).toBe(9);
  });

  test('has only variables that the code knows', () => {
    const isKnown = (name: string) => source.includes(name) || source.includes(name.replace(/_(SECRET|FILE)$/, ''));
    expect(documented.filter((name) => !isKnown(name))).toEqual([]);
  });

  test('has every variable that the code reads', () => {
    const readers = /\b(?:get|port|optional|schedule|secretSource|readUrlSource)\((?:read, )?'([A-Z_]{4,})'/g;
    const known = Array.from(source.matchAll(readers), ([, name = '']) => name);
    // Set by serverless-offline and by Lambda.
    const platform = ['IS_OFFLINE', 'AWS_LAMBDA_FUNCTION_NAME'];
    expect(known.length).toBeGreaterThan(40);
    expect(known.filter((name) => !documented.includes(name) && !platform.includes(name))).toEqual([]);
  });
});

function sourcesIn(folder: string): string[] {
  return readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(ts|cjs|mjs)$/.test(file))
    .map((file) => `${folder}/${file}`);
}

function leadsSomewhere(page: string, link: string): boolean {
  const [file = '', anchor] = link.split('#');
  const target = file === '' ? page : path.posix.join(path.posix.dirname(page), file);
  if (!existsSync(path.join(ROOT, target))) return false;
  return anchor === undefined || anchorsOf(target).includes(anchor);
}

/** As GitHub makes them of headings. */
function anchorsOf(page: string): string[] {
  return Array.from(read(page).matchAll(/^#+ (.+)$/gm), ([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function withoutCode(text: string): string {
  return text.replace(/```.*?```/gs, '').replace(/`[^`\n]*`/g, '');
}
