import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type ArchiveHead, readHead } from '../../../layers/postgres/programs/archive-layout.ts';
import { emptiedFirst } from '../../../layers/postgres/programs/emptied-first.ts';

/** Of pg_dump 15, with the tables `a_small`, `b, empty` and `z_large`. */
const PIPED = 'test/fixtures/archives/pg15-pipe.dump';

function headOf(bytes: Buffer): ArchiveHead {
  return readHead(bytes) ?? expect.unreachable('an archive of pg_dump');
}

function dataOf({ entries }: ArchiveHead): Set<number> {
  return new Set(entries.flatMap(({ id, type }) => (type === 'TABLE DATA' ? [id] : [])));
}

function statementsOf({ bytes, entries }: ArchiveHead): string[] {
  return entries.flatMap(({ copyAt }) =>
    copyAt && copyAt.length > 0 ? [bytes.toString('utf8', copyAt.start, copyAt.start + copyAt.length)] : [],
  );
}

/** What does not depend on where it stands. */
function placeless({ entries }: ArchiveHead) {
  return entries.map(({ copyAt: _, offsetAt: __, ...entry }) => entry);
}

test('the statement that fills a table empties it first, and nothing else of the head changes', () => {
  const head = headOf(readFileSync(PIPED));
  const changed = emptiedFirst(head, dataOf(head));
  expect(statementsOf(changed)).toEqual([
    'TRUNCATE TABLE ONLY public.a_small; COPY public.a_small (id) FROM stdin;\n',
    'TRUNCATE TABLE ONLY public."b, empty"; COPY public."b, empty" (id) FROM stdin;\n',
    'TRUNCATE TABLE ONLY public.z_large; COPY public.z_large (id, text) FROM stdin;\n',
  ]);
  expect(placeless(changed)).toEqual(placeless(head));
  const added = statementsOf(changed).join('').length - statementsOf(head).join('').length;
  expect(changed.bytes.length).toBe(head.bytes.length + added);
});

test('only those that are asked for', () => {
  const head = headOf(readFileSync(PIPED));
  expect(emptiedFirst(head, new Set())).toBe(head);
  const [first = 0] = dataOf(head);
  const changed = statementsOf(emptiedFirst(head, new Set([first])));
  expect(changed.filter((text) => text.startsWith('TRUNCATE'))).toHaveLength(1);
});

test('a table whose rows go through another one is left as it is', () => {
  const bytes = readFileSync(PIPED);
  bytes.write('COPY public.z_', bytes.indexOf('COPY public.a_small'));
  const head = headOf(bytes);
  expect(statementsOf(head)[0]).toBe('COPY public.z_small (id) FROM stdin;\n');
  const changed = emptiedFirst(head, dataOf(head));
  expect(statementsOf(changed)[0]).toBe('COPY public.z_small (id) FROM stdin;\n');
  expect(statementsOf(changed)[1]).toMatch(/^TRUNCATE/);
});
