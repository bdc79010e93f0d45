import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readConfigFile } from '../../../layers/settings/file/config-file.ts';

const problemsOf = (text: string) =>
  readConfigFile(text).problems.map(({ line, column, problem }) => `${line}:${column} ${problem}`);

const WHOLE = `
schedule: cron(0 2 * * ? *)
bucket: {endpoint: "http://minio:9000", accessKey: {variable: KEY}, secretKey: {file: /run/secrets/minio}}
server:
  host: db
  password: {variable: PASSWORD}
  databases:
    "*": &own {fingerprint: content}
    "!scratch_*":
    shop: *own
    crm:
      exclude: {tables: [audit_*, "a b"]}
      retention: {daily: 7}
`;
const SECRET = 'say where it is: {file: /run/secrets/…}, {secretArn: arn:…} or {variable: NAME}';

test.each<[string, string, readonly string[]]>([
  ['nothing', '', []],
  ['a comment', '# later', []],
  ['a list', '- a', ['1:1 the file must have keys of its own, each with a value']],
  ['a key that is nearly one', 'retention: {dialy: 7}', ['1:13 retention.dialy is not known: did you mean daily?']],
  ['other letters', 'bucket: {access_key: 7}', ['1:10 bucket.access_key is not known: did you mean accessKey?']],
  ['a key of a group', 'days: 7', ['1:1 days is not known: did you mean retention.days?']],
  ['a variable', 'RETENTION_DAYS: 7', ['1:1 RETENTION_DAYS is not known: did you mean retention.days?']],
  ['a strange key', 'plugh: {xyzzy: 7}', ['1:1 plugh is not known: docs/config-file.md has all keys']],
  [
    'a strange key in a group',
    'dump: {xyzzyplugh: 7}',
    ['1:8 dump.xyzzyplugh is not known: there may stand timeout, lockTimeout'],
  ],
  [
    'a value that is too large',
    'bucket:\n  maxParts: 10001',
    ['2:13 bucket.maxParts must be a whole number from 1 to 10000'],
  ],
  ['a unit', 'dump: {timeout: 15m}', ['1:17 dump.timeout must be a whole number of seconds from 10 to 604800']],
  ['a word', 'fingerprint: contents', ['1:14 fingerprint must be counts or content']],
  ['words that are no booleans', 'verify: {drill: off}\nretention: {dryRun: true}', []],
  ['a boolean in place of a word', 'verify: {drill: false}', ['1:17 verify.drill must be on or off']],
  ['no value', 'schedule:', ['1:1 schedule has no value: write one, or leave it out']],
  ['a list in place of a value', 'schedule: [a]', ['1:11 schedule must be one value']],
  [
    'a value in place of a list',
    'exclude: {tables: a}',
    ['1:19 exclude.tables must be a list of texts, like ["one", "another"]'],
  ],
  [
    'something else in a list',
    'exclude:\n  tables:\n    - a\n    - b: c\n  schemas: [a, ~]',
    [
      '4:7 exclude.tables must be a list of texts, like ["one", "another"]',
      '5:16 exclude.schemas must be a list of texts, like ["one", "another"]',
    ],
  ],
  ['a list of itself', 'exclude: {tables: &a [b, *a]}', [expect.stringMatching(/ must be a list of texts/)] as never],
  [
    'a merge',
    'server: {databases: {a: &a {fingerprint: content}, b: {<<: *a}}}',
    [expect.stringMatching(/^1:56 server\.databases\.b\.<< is not known: YAML 1\.2 has no merges\./) as never],
  ],
  [
    'no space behind a colon',
    'server: {host:db}',
    ['1:10 server.host:db is not known: a colon needs a space behind it'],
  ],
  ['a list as a key', 'server: {[a]: b}', [expect.stringMatching(/^1:10 .*a key must be one word/) as never]],
  ['nothing', 'server: {host: ""}', [expect.stringMatching(/^1:16 server\.host must not be empty/) as never]],
  [
    'one name in place of a list of databases',
    'server: {databases: "*"}',
    ['1:21 server.databases must be a list of names and patterns, like ["*"], or have them as keys'],
  ],
  [
    'a channel with one database in place of a list',
    'notifications: {databases: {discord: shop}}',
    [expect.stringMatching(/^1:28 notifications\.databases must be an object of channels/) as never],
  ],
  [
    'a pattern that there is not',
    'exclude: {tables: ["a.b.c.d"]}',
    [expect.stringMatching(/^1:19 exclude\.tables has the pattern "a\.b\.c\.d", which /)] as never,
  ],
  [
    'twice',
    'logLevel: info\nlogLevel: warn',
    ['2:1 logLevel stands here for the second time (first in line 1): keep one'],
  ],
  ['no YAML', 'bucket: {', [expect.stringMatching(/^1:10 not YAML: /)] as never],
  [
    'a secret',
    'server: {password: hunter2}',
    [`1:20 server.password is a secret and must not stand in the file: ${SECRET}`],
  ],
  [
    'two places of a secret',
    'server: {password: {file: /a, variable: B}}',
    [`1:20 server.password is a secret: ${SECRET}`],
  ],
  [
    'a relative file',
    'server: {password: {file: hunter2}}',
    ['1:21 server.password (file) must be the absolute path of a file'],
  ],
  [
    'what holds for all in a server',
    'server: {bucket: {name: x}}',
    ['1:19 server.bucket.name holds for all: move it to the top of the file'],
  ],
  [
    'what holds for a server in a database',
    'server: {databases: {shop: {host: x}}}',
    ['1:29 server.databases.shop.host holds for a whole server: move it there'],
  ],
  [
    'patterns without quotes',
    'server:\n  databases:\n    - *\n    - !scratch_*',
    expect.arrayContaining([expect.stringContaining('needs quotes in YAML, like "*" or "!scratch_*"')]) as never,
  ],
  [
    'a pattern that looks like an alias',
    'server: {databases: [a, *_prod]}',
    ['1:25 what begins with * or ! needs quotes in YAML, like "*" or "!scratch_*"'],
  ],
  ['several documents', 'logLevel: info\n---\nlogLevel: warn', ['2:1 not YAML: source contains multiple documents']],
  ['a database twice', 'server: {databases: [a, a]}', ['1:25 server.databases has "a" twice: keep one']],
  ['no database', 'server: {databases: []}', ['1:10 server.databases must name at least one database']],
  [
    'settings of what is left out',
    'server: {databases: {"*": , "!a": {fingerprint: content}}}',
    ['1:29 server.databases."!a" is left out, and can have no settings'],
  ],
  [
    'only what is left out',
    'server: {databases: ["!a"]}',
    ['1:10 server.databases leaves databases out, but has no pattern of those that it takes: begin it with "*"'],
  ],
  [
    'server and servers',
    'server: {host: a}\nservers: {b: {host: b}}',
    ['2:1 servers stands beside server: keep one, for one has no name'],
  ],
  ['several servers', 'servers:\n  a: {host: a}\n  b: {host: b, bucket: {prefix: old/}}', []],
  [
    'a server twice',
    'servers:\n  a: {host: a}\n  a: {host: b}',
    ['3:3 a stands here for the second time (first in line 2): keep one'],
  ],
  ['a name with a slash', 'servers: {a/b: {host: a}}', ['1:11 servers.a/b must be named by letters, digits, - and _']],
])('%s', (_, text, problems) => {
  expect(problemsOf(text)).toEqual(problems);
});

test('every problem at once, in the order of the lines, and no value of any', () => {
  const text = 'server:\n  password: hunter2\n  port: hunter2\nretention:\n  days: hunter2\n  hunter: 2\nfoo: hunter2';
  expect(problemsOf(text).map((one) => one.split(' ')[0])).toEqual(['2:13', '3:9', '5:9', '6:3', '7:1']);
  expect(problemsOf(text).join()).not.toContain('hunter2');
});

describe('what is read', () => {
  test('values are the text that they are written as', () => {
    const { settings } = readConfigFile('notifications: {telegram: {chat: -1001234567890}}\nbucket: {prefix: 2020}');
    expect(settings.map(({ name, value }) => [name, value])).toEqual([
      ['BACKUP_TELEGRAM_CHAT', '-1001234567890'],
      ['BACKUP_PREFIX', '2020'],
    ]);
  });

  test('and so in lists, where an alias may stand, too', () => {
    const { settings, problems } = readConfigFile(
      'exclude: {tables: [2024, 1.10, on, &a b]}\ninclude: {schemas: [*a]}\nnotifications: {databases: {discord: [2024, *a]}}',
    );
    expect(problems).toEqual([]);
    expect(settings.map(({ value }) => value)).toEqual([
      '["2024","1.10","on","b"]',
      '["b"]',
      '{"discord":["2024","b"]}',
    ]);
  });

  test('what has commas as a variable may be a list', () => {
    const text = 'server: {host: [db1, db2], port: [5432, 6432]}\nnotifications: {mail: {to: [a@b.c, d@e.f]}}';
    const { settings, servers, problems } = readConfigFile(text);
    expect(problems).toEqual([]);
    const all = [...settings, ...(servers[0]?.settings ?? [])];
    expect(Object.fromEntries(all.map(({ name, value }) => [name, value]))).toEqual({
      ...{ BACKUP_MAIL_TO: 'a@b.c,d@e.f', POSTGRES_HOST: 'db1,db2', POSTGRES_PORT: '5432,6432' },
    });
    expect(problemsOf('server: {port: [5432, x]}')).toEqual([
      expect.stringMatching(/^1:16 server\.port must be a whole/),
    ]);
    expect(problemsOf('server: {host: [db1, [db2]]}')).toEqual([
      '1:22 server.host must be a list of texts, like ["one", "another"]',
    ]);
    expect(problemsOf('server: {user: [a]}')).toEqual(['1:16 server.user must be one value']);
  });

  test('aliases stand for what they name', () => {
    const { servers, problems } = readConfigFile(
      'server:\n  databases:\n    a: &own {fingerprint: content}\n    b: *own\n    2024:',
    );
    expect(problems).toEqual([]);
    expect(servers[0]?.databases).toMatchObject([
      { name: 'a', settings: [{ name: 'FINGERPRINT', value: 'content' }] },
      { name: 'b', settings: [{ name: 'FINGERPRINT', value: 'content' }] },
      { name: '2024', settings: [] },
    ]);
  });
});

test('whatever is written, problems have places, and nothing is thrown', () => {
  const edit = fc.tuple(fc.nat(WHOLE.length), fc.nat(6), fc.string({ maxLength: 6 }));
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
      const text = edits.reduce((given, [at, cut, put]) => given.slice(0, at) + put + given.slice(at + cut), WHOLE);
      for (const { line, column } of readConfigFile(text).problems) {
        expect(line).toBeGreaterThan(0);
        expect(column).toBeGreaterThan(0);
      }
    }),
    { numRuns: 300 },
  );
});
