import { expect, test } from 'vitest';
import { type Complaint, listen } from '../../../layers/postgres/complaints/listen.ts';
import { passOver } from '../../../layers/postgres/complaints/pass-over.ts';

const SAID = `pg_restore: creating COMMENT "EXTENSION hstore"
pg_restore: while PROCESSING TOC:
pg_restore: from TOC entry 3477; 0 0 COMMENT EXTENSION hstore 
pg_restore: error: could not execute query: ERROR:  must be owner of extension hstore
Command was: COMMENT ON EXTENSION hstore IS 'two
lines';


pg_restore: from TOC entry 222; 1259 17035 TABLE gen postgres
pg_restore: error: could not execute query: ERROR:  function f(integer) does not exist
LINE 1: SELECT f($1)
CONTEXT:  SQL function "h" during inlining
Command was: CREATE TABLE public.gen (a integer);


pg_restore: error: could not execute query: ERROR:  relation "public.gen" does not exist
Command was: ALTER TABLE public.gen OWNER TO postgres;

pg_restore: processing data for table "public.v"
pg_restore: from TOC entry 3311; 0 17030 TABLE DATA v (no owner)
pg_restore: error: COPY failed for table "v": ERROR:  relation "lookup" does not exist
CONTEXT:  SQL function "f" during inlining
pg_restore: warning: errors ignored on restore: 4
`;

test('complaints are heard with their entry, context and statement, in whatever pieces they come', () => {
  const complaints: Complaint[] = [];
  const ears = listen((complaint) => complaints.push(complaint));
  for (const byte of Buffer.from(SAID)) ears.take(Buffer.of(byte));
  ears.end();
  expect(ears.ranThrough()).toBe(true);
  expect(complaints).toEqual([
    {
      entry: { id: 3477, what: 'COMMENT EXTENSION hstore' },
      said: 'could not execute query: ERROR:  must be owner of extension hstore',
      command: "COMMENT ON EXTENSION hstore IS 'two\nlines';",
    },
    {
      entry: { id: 222, what: 'TABLE gen' },
      said: expect.stringMatching(/f\(integer\) does not exist\n.*\nCONTEXT: {2}SQL function "h"/),
      command: 'CREATE TABLE public.gen (a integer);',
    },
    { entry: { id: 222, what: 'TABLE gen' }, said: expect.anything(), command: expect.stringContaining('OWNER TO') },
    { entry: { id: 3311, what: 'TABLE DATA v' }, said: expect.stringContaining('"lookup"'), command: undefined },
  ]);
});

/** As PostgreSQL 18 wrote it with `--jobs 2 --verbose`, one line of a job before that of another. */
const OF_TWO_JOBS = `pg_restore: entering main parallel loop
pg_restore: launching item 3501 TABLE DATA leaky
pg_restore: launching item 3340 INDEX leaky_leak_idx
pg_restore: from TOC entry 3501; 0 17030 TABLE DATA leaky app
pg_restore: from TOC entry 3340; 1259 17041 INDEX leaky_leak_idx app
pg_restore: pg_restore: error: could not execute query: ERROR:  relation "public.leaky" does not exist
Command was: COPY public.leaky (a) FROM stdin;
error: could not execute query: ERROR:  function public.leak(integer) does not exist
Command was: CREATE INDEX leaky_leak_idx ON public.leaky USING btree (public.leak(a));

finished item 3501 TABLE DATA leaky
pg_restore: launching item 3342 CONSTRAINT t t_key
pg_restore: pg_restore: error: could not execute query: ERROR:  relation "public.leaky" does not exist
Command was: ALTER INDEX public.leaky_leak_idx ALTER COLUMN 1 SET STATISTICS 9;

creating CONSTRAINT "public.t t_key"
from TOC entry 3342; 2606 17050 CONSTRAINT t t_key app
pg_restore: error: could not execute query: ERROR:  relation "public.leaky" does not exist
Command was: ALTER TABLE public.leaky CLUSTER ON leaky_leak_idx;


pg_restore: error: could not execute query: ERROR:  relation "public.t" does not exist
Command was: ALTER TABLE ONLY public.t
    ADD CONSTRAINT t_key UNIQUE (a);


pg_restore: finished item 3342 CONSTRAINT t t_key
pg_restore: finished item 3340 INDEX leaky_leak_idx
pg_restore: finished main parallel loop
pg_restore: from TOC entry 3600; 0 0 ACL TABLE t app
pg_restore: error: could not execute query: ERROR:  relation "public.t" does not exist
Command was: GRANT SELECT ON TABLE public.t TO reader;
`;

/** Complaints of what was named in this order, and came in that one. */
function ofJobs(named: readonly string[], said: readonly string[]): (string | undefined)[] {
  const heard: (string | undefined)[] = [];
  const ears = listen(({ entry }) => heard.push(entry && `${entry.id} ${entry.what}`));
  const lines = [
    ...['entering main parallel loop', ...named.map((what, index) => `from TOC entry ${index + 1}; 0 0 ${what} app`)],
    ...said.map((text) => `error: ${text}`),
  ];
  ears.take(Buffer.from(lines.map((line) => `pg_restore: ${line}\n`).join('')));
  ears.end();
  return heard;
}

test('of parallel jobs, each complaint has the entry that its statement names', () => {
  const heard: string[] = [];
  const ears = listen(({ entry, command }) => heard.push(`${entry?.id} ${command?.slice(0, 12)}`));
  ears.take(Buffer.from(OF_TWO_JOBS));
  ears.end();
  expect(heard).toEqual([
    '3501 COPY public.',
    '3340 CREATE INDEX',
    '3340 ALTER INDEX ',
    '3340 ALTER TABLE ',
    '3342 ALTER TABLE ',
    '3600 GRANT SELECT',
  ]);
});

const refused = (command: string) => `could not execute query: ERROR:  no\nCommand was: ${command};`;

test.each([
  [
    'rows, by the table',
    ['TABLE DATA t', 'TABLE DATA t_2'],
    ['COPY failed for table "t_2": ERROR:  x', 'COPY failed for table "t": ERROR:  x'],
    '21',
  ],
  [
    'an index and the rows of its table',
    ['INDEX i', 'TABLE DATA t'],
    [refused('COPY public.t (a) FROM stdin'), refused('CREATE UNIQUE INDEX i ON public.t USING btree (a)')],
    '21',
  ],
  [
    'constraints of one table',
    ['FK CONSTRAINT t fk', 'CONSTRAINT t pk'],
    [
      refused('ALTER TABLE ONLY public.t\n    ADD CONSTRAINT pk PRIMARY KEY (a)'),
      refused('ALTER TABLE ONLY public.t\n    ADD CONSTRAINT fk FOREIGN KEY (a) REFERENCES public.u(a)'),
    ],
    '21',
  ],
  [
    'names with spaces and quotes',
    ['INDEX my index', 'TRIGGER t my trigger'],
    [refused('CREATE TRIGGER "my trigger" BEFORE INSERT ON public.t'), refused('CREATE INDEX "my index" ON public.t')],
    '21',
  ],
  [
    'the same name in two schemas: none goes unnamed',
    ['INDEX i', 'INDEX i'],
    [refused('CREATE INDEX i ON b.t'), refused('CREATE INDEX i ON a.t')],
    '12',
  ],
  [
    'statements that name nothing: none goes unnamed',
    ['BLOBS BLOBS', 'INDEX i'],
    [refused('SELECT 1'), refused('SELECT 2')],
    '12',
  ],
  [
    'a view that cannot be filled',
    ['SEQUENCE SET s', 'MATERIALIZED VIEW DATA v'],
    [refused('REFRESH MATERIALIZED VIEW public.v'), refused("SELECT pg_catalog.setval('public.s', 1)")],
    '21',
  ],
])('of parallel jobs: %s', (_, named, said, ids) => {
  expect(
    ofJobs(named, said)
      .map((one) => one?.[0])
      .join(''),
  ).toBe(ids);
});

const OWNER = { superuser: false, goOn: false, olderServer: false };
const complaint = (said: string, command?: string, what = 'THING x'): Complaint => ({
  entry: { id: 1, what },
  said: `${command === undefined ? 'COPY failed for table "t"' : 'could not execute query'}: ${said}`,
  command,
});
const RIGHTS = complaint('ERROR:  must be owner of extension hstore', "COMMENT ON EXTENSION hstore IS 'x';");

test.each([
  ['a comment on what another one installed', RIGHTS],
  ['in another language', complaint('FEHLER:  Berechtigung fehlt', 'CREATE EVENT TRIGGER e ON ddl_command_end;')],
  [
    'a publication',
    complaint('ERROR:  must be superuser to create FOR ALL TABLES publication', 'CREATE PUBLICATION p;'),
  ],
  ['a leakproof function', complaint('ERROR:  only superuser can define a leakproof function', 'CREATE FUNCTION f();')],
  ['a default of another role', complaint('ERROR:  permission denied to change default privileges', 'ALTER DEFAULT …')],
])('a role that is no superuser does without: %s', (_, heard) => {
  expect(passOver(OWNER).judge(heard)).toBe('go-on');
  expect(passOver({ ...OWNER, superuser: true }).judge(heard)).toBe('stop');
});

test.each([
  ['a role that is missing', complaint('ERROR:  role "clerk" does not exist', 'ALTER TABLE t OWNER TO clerk;')],
  ['a role it is no member of', complaint('ERROR:  must be able to SET ROLE "x"', 'ALTER TABLE t OWNER TO x;')],
  ['a full disk', complaint('ERROR:  could not extend file "base/1": No space left on device')],
  ['a connection that broke', complaint('FATAL:  terminating connection due to administrator command')],
])('nobody goes on after %s', (_, heard) => {
  const owner = passOver(OWNER);
  owner.judge(RIGHTS);
  expect(owner.judge(heard)).toBe('stop');
});

test('what follows from what was left out is left out, too, but nothing before', () => {
  const follows = complaint('ERROR:  relation "t" does not exist', 'COPY t (a) FROM stdin;');
  const owner = passOver(OWNER);
  expect(owner.judge(follows)).toBe('stop');
  owner.judge(RIGHTS);
  expect(owner.judge(follows)).toBe('go-on');
  expect(owner.leftOut.map(({ what, why }) => [what, why])).toEqual([
    ['THING x', 'must be owner of extension hstore'],
    ['THING x', 'relation "t" does not exist'],
  ]);
});

test('a view that cannot be filled keeps nothing away; a person may go on after anything the server refuses', () => {
  const superuser = { superuser: true, goOn: false, olderServer: false };
  const view = complaint('ERROR:  division by zero', 'REFRESH MATERIALIZED VIEW public.v;', 'MATERIALIZED VIEW DATA v');
  const extension = complaint('ERROR:  can only create extension in database postgres', 'CREATE EXTENSION pg_cron;');
  const taken = complaint('ERROR:  constraint "c" for relation "t" already exists', 'ALTER TABLE t ADD CONSTRAINT c …');
  for (const heard of [view, extension, taken]) expect(passOver(superuser).judge(heard)).toBe('go-on');
  const rows = complaint('ERROR:  new row for relation "t" violates check constraint "c"');
  expect(passOver(superuser).judge(rows)).toBe('stop');
  expect(passOver({ ...superuser, goOn: true }).judge(rows)).toBe('go-on');
});
