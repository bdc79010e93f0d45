import { expect, test } from 'vitest';
import { attributed } from '../../../functions/by-hand/restore/attributed.ts';
import { type Complaint, listen } from '../../../layers/postgres/complaints/listen.ts';
import { entriesOf } from '../../../layers/postgres/programs/archive-entries.ts';

const LISTED = `;
240; 1255 16500 FUNCTION public leak(integer) app
238; 1259 16510 TABLE public leaky app
3500; 0 16510 TABLE DATA public leaky app
3340; 1259 16520 INDEX public leaky_leak_idx app
`;
const WRITTEN = `--
-- TOC entry 240 (class 1255 OID 16500)
-- Name: leak(integer); Type: FUNCTION; Schema: public; Owner: app
--

CREATE FUNCTION public.leak(integer) RETURNS integer
    LANGUAGE sql LEAKPROOF
    AS 'SELECT $1';


--
-- TOC entry 238 (class 1259 OID 16510)
-- Dependencies: 240
-- Name: leaky; Type: TABLE; Schema: public; Owner: app
--

CREATE TABLE public.leaky (
    a integer
);


--
-- TOC entry 3340 (class 1259 OID 16520)
-- Dependencies: 238 240
-- Name: leaky_leak_idx; Type: INDEX; Schema: public; Owner: app
--

CREATE INDEX leaky_leak_idx ON public.leaky USING btree (public.leak(a));
`;
const ENTRIES = entriesOf(LISTED, WRITTEN);

/** What is heard of lines, each complaint with the entry that it is taken for. */
function heard(...lines: string[]): (Complaint & { readonly what: string })[] {
  const complaints: Complaint[] = [];
  const ears = listen((one) => void complaints.push(one));
  ears.take(Buffer.from(`${lines.join('\n')}\n`));
  ears.end();
  return complaints.map((one) => ({ ...one, what: one.entry?.what ?? '' }));
}

const FROM_INDEX = 'pg_restore: from TOC entry 3340; 1259 16520 INDEX leaky_leak_idx app';
const FROM_DATA = 'pg_restore: from TOC entry 3500; 0 16510 TABLE DATA leaky app';
const INDEX_FAILS = [
  'pg_restore: error: could not execute query: ERROR:  function public.leak(integer) does not exist',
  'Command was: CREATE INDEX leaky_leak_idx ON public.leaky USING btree (public.leak(a));',
];
const ROWS_FAIL = 'pg_restore: error: COPY failed for table "leaky": ERROR:  relation "leaky" does not exist';

test('two jobs name their entries one after the other, and then complain: each complaint is of its own entry', () => {
  const found = heard(FROM_INDEX, FROM_DATA, ...INDEX_FAILS, ROWS_FAIL).map((one) => attributed(one, ENTRIES));
  expect(found.map(({ entry, what }) => [entry?.id, what])).toEqual([
    [3340, 'INDEX leaky_leak_idx'],
    [3500, 'TABLE DATA leaky'],
  ]);
  const turned = heard(FROM_DATA, FROM_INDEX, ROWS_FAIL, ...INDEX_FAILS).map((one) => attributed(one, ENTRIES));
  expect(turned.map(({ entry }) => entry?.id)).toEqual([3500, 3340]);
});

test('what was heard rightly stays, and so does what no entry fits', () => {
  const [right, dropped, shortened] = heard(
    FROM_INDEX,
    ...INDEX_FAILS,
    'pg_restore: error: could not execute query: ERROR:  must be owner of table leaky',
    'Command was: DROP TABLE public.leaky;',
    'pg_restore: error: could not execute query: ERROR:  permission denied',
    'Command was: CREATE FUNCTION public.leak(integer) RETURNS integer...',
  );
  expect(right && attributed(right, ENTRIES)).toBe(right);
  expect(dropped && attributed(dropped, ENTRIES)).toBe(dropped);
  expect(shortened && attributed(shortened, ENTRIES)).toMatchObject({ entry: { id: 240 } });
});
