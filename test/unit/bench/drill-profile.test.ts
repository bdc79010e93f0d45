import { expect, test } from 'vitest';
import { profileOf, spanOf } from '../../bench/measure/drill-profile.ts';

/** As the server of a drill logs it; each line stands where a statement ends. */
const LOG = `
1000.100||LOG:  database system is ready to accept connections
1000.150|[unknown]|LOG:  duration: 1.000 ms  statement: SELECT current_setting('server_version') AS version
2001.000|pgvouch drill|LOG:  duration: 1000.000 ms  statement: CREATE DATABASE pgvouch_drill_1 TEMPLATE template0
2003.500|pgvouch|LOG:  duration: 500.000 ms  parse <unnamed>: SELECT 1
2004.000|pgvouch|LOG:  duration: 100.000 ms  statement: CREATE TABLE public.b (id integer);
2007.000|pgvouch|LOG:  duration: 2000.000 ms  statement: COPY public.a (id) FROM stdin;
2009.000|pgvouch|LOG:  duration: 1500.000 ms  statement: ALTER TABLE ONLY public.a
\t    ADD CONSTRAINT a_pkey PRIMARY KEY (id);
2010.000|pgvouch|LOG:  duration: 4000.000 ms  statement: COPY public.b (id) FROM stdin;
2012.000|pgvouch|LOG:  duration: 1000.000 ms  statement: CREATE INDEX b_id_idx ON public.b USING btree (id);
2013.000|pgvouch|LOG:  duration: 250.000 ms  statement: ALTER TABLE ONLY public.b
\t    ADD CONSTRAINT b_id_fkey FOREIGN KEY (id) REFERENCES public.a(id);
2015.000|pgvouch compare|LOG:  duration: 900.000 ms  execute <unnamed>: SELECT count(*) FROM ONLY public.a
2015.000|pgvouch compare|DETAIL:  Parameters: $1 = '1'
2015.500||LOG:  received immediate shutdown request
`;

test("a drill's phases follow each other from its start to its end", () => {
  const { phases, sessions } = profileOf(LOG, 1_995_000, 2_016_000);
  expect(phases).toEqual({ read: 5, prepare: 3, define: 2, rows: 5, rest: 3, compare: 2, end: 1 });
  expect(Object.values(phases).reduce((sum, one) => sum + one)).toBe(21);
  expect(sessions).toEqual({ COPY: 6, indexes: 2.5, 'foreign keys': 0.25 });
});

test('of the time from the first statement to the last one, some is idle', () => {
  const { readS, drillS, idleS } = spanOf(LOG, 1_995_000);
  expect({ readS, drillS }).toEqual({ readS: 5, drillS: 15 });
  expect(idleS).toBeCloseTo(6.25);
});

test('a log without a restore is no profile', () => {
  expect(() => spanOf('', 0)).toThrow('the log shows no drill');
  expect(() => profileOf(LOG.replaceAll('|pgvouch|', '|psql|'), 0, 1)).toThrow('the log shows no drill');
});
