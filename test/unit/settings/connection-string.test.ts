import { describe, expect, test } from 'vitest';
import { readPostgresConfig } from '../../../layers/postgres/connect/config.ts';
import { readDatabases } from '../../../layers/settings/databases.ts';
import { readEnvironment } from '../../../layers/settings/environment.ts';

function read(env: Record<string, string>) {
  const reader = readEnvironment(env, 'the test');
  const { hosts, targetSessionAttrs, user, password, sslMode } = readPostgresConfig(reader);
  return {
    hosts,
    targetSessionAttrs,
    user,
    password,
    sslMode,
    databases: readDatabases(reader).names,
    problems: reader.problems,
  };
}

describe('POSTGRES_URL', () => {
  test('stands for the variables of what it contains', () => {
    const url =
      'postgres://b%40ckup:p%2Fw@[::1],db2:6432/my%20shop?sslmode=require&target_session_attrs=prefer-standby';
    expect(read({ POSTGRES_URL: url })).toEqual({
      hosts: [
        { host: '::1', port: 5432 },
        { host: 'db2', port: 6432 },
      ],
      ...{ targetSessionAttrs: 'prefer-standby', user: 'b@ckup', sslMode: 'require', databases: ['my shop'] },
      ...{ password: { name: 'POSTGRES_PASSWORD', value: 'p/w' }, problems: [] },
    });
  });

  test('what it does not contain, variables say; they also say which databases', () => {
    const env = { POSTGRES_USER: 'backup', POSTGRES_PASSWORD_FILE: '/run/pw', POSTGRES_DBS: '["shop", "crm"]' };
    expect(read({ ...env, POSTGRES_URL: 'postgresql://%2Frun%2Fpg/postgres' })).toMatchObject({
      ...{ hosts: [{ host: '/run/pg', port: 5432 }], user: 'backup', password: { file: '/run/pw' } },
      ...{ databases: ['shop', 'crm'], problems: [] },
    });
  });

  test('parameters say it too, and the last one counts', () => {
    const url = 'postgres://me@db/postgres?user=backup&port=6432&dbname=shop&password=p%2Fw';
    expect(read({ POSTGRES_URL: url })).toMatchObject({
      ...{ hosts: [{ host: 'db', port: 6432 }], user: 'backup', databases: ['shop'], problems: [] },
      password: { value: 'p/w' },
    });
  });

  test.each([
    [
      String.raw`host=db1,db2 port=6432 user=backup password='it\'s \\ a://b' dbname = 'my shop' sslmode=require`,
      `it's \\ a://b`,
    ],
    [
      String.raw`  host = db1,db2  port='6432' user=backup password=it's\ \\\ a://b dbname=my\ shop sslmode=require `,
      `it's \\ a://b`,
    ],
  ])('pairs of keywords and values: %s', (text, password) => {
    expect(read({ POSTGRES_URL: text })).toMatchObject({
      hosts: [
        { host: 'db1', port: 6432 },
        { host: 'db2', port: 6432 },
      ],
      ...{ user: 'backup', databases: ['my shop'], sslMode: 'require', problems: [] },
      password: { value: password },
    });
  });

  test.each<[Record<string, string>, RegExp]>([
    [{ POSTGRES_HOST: 'db' }, /^POSTGRES_URL contains what POSTGRES_HOST says: keep one$/],
    [{ POSTGRES_PASSWORD_FILE: '/f' }, /^POSTGRES_URL contains what POSTGRES_PASSWORD_FILE says: keep one$/],
    [{ POSTGRES_URL: 'db.example' }, /^POSTGRES_URL cannot be used: it is neither a URL nor pairs like host=/],
    [{ POSTGRES_URL: 'mysql://u:hunter2@db/x' }, /it does not begin with postgres:/],
    [{ POSTGRES_URL: 'host=db user' }, /what stands behind host is not keyword=value/],
    [{ POSTGRES_URL: "host=db password='hunter2" }, /what stands behind host is not keyword=value/],
    [{ POSTGRES_URL: 'host=db toString=1' }, /its parameter toString is not one of dbname, host,/],
    [
      { POSTGRES_URL: 'postgres://u:hunter2@db/x?options=-c' },
      /its parameter options is not one of dbname, host, port/,
    ],
    [{ POSTGRES_URL: 'postgres://u:hunter2@db/x?hunter2!=1' }, /its parameter \? is not one of/],
    [{ POSTGRES_URL: 'postgres://u:hunter2@db:x/x' }, /one of its hosts is not written as host:port/],
  ])('%o: %s', (change, problem) => {
    const { problems } = read({ POSTGRES_URL: 'postgres://u:hunter2@db:5432/shop', ...change });
    expect(problems.find((text) => text.includes('POSTGRES_URL'))).toMatch(problem);
    expect(problems.join()).not.toContain('hunter2');
  });
});
