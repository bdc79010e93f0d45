import { describe, expect, test } from 'vitest';
import { ConfigError, DumpError } from '../../../layers/backup/errors.ts';
import { chooseHost } from '../../../layers/postgres/connect/choose-host.ts';
import { readPostgresConfig } from '../../../layers/postgres/connect/config.ts';
import type { Host, SessionState, TargetSessionAttrs } from '../../../layers/postgres/connect/hosts.ts';
import { readEnvironment } from '../../../layers/settings/environment.ts';

const read = (env: Record<string, string>) => {
  const reader = readEnvironment({ POSTGRES_USER: 'backup', ...env }, 'the test');
  const { hosts, targetSessionAttrs } = readPostgresConfig(reader);
  return { hosts, targetSessionAttrs, problems: reader.problems };
};

describe('POSTGRES_HOST and POSTGRES_PORT', () => {
  test('one host, one port for all, one for each', () => {
    expect(read({ POSTGRES_HOST: 'a' })).toEqual({
      ...{ hosts: [{ host: 'a', port: 5432 }], targetSessionAttrs: 'any', problems: [] },
    });
    expect(read({ POSTGRES_HOST: 'a, /run/pg,::1', POSTGRES_PORT: '6000' }).hosts).toEqual(
      ['a', '/run/pg', '::1'].map((host) => ({ host, port: 6000 })),
    );
    expect(read({ POSTGRES_HOST: 'a,a', POSTGRES_PORT: '1, 2', PGTARGETSESSIONATTRS: 'standby' })).toEqual({
      hosts: [
        { host: 'a', port: 1 },
        { host: 'a', port: 2 },
      ],
      ...{ targetSessionAttrs: 'standby', problems: [] },
    });
  });

  test.each<[Record<string, string>, string]>([
    [{ POSTGRES_HOST: 'a,,b' }, 'POSTGRES_HOST has an empty name in its list'],
    [
      { POSTGRES_HOST: 'a,b', POSTGRES_PORT: '1,2,3' },
      'POSTGRES_PORT has 3 ports for 2 hosts: give one for all, or one for each',
    ],
    [{ POSTGRES_HOST: 'a,b,a' }, 'POSTGRES_HOST names a:5432 twice'],
    [
      { POSTGRES_HOST: 'a', POSTGRES_PORT: '0' },
      'POSTGRES_PORT must be a whole number from 1 to 65535, or a list of them separated by commas',
    ],
    [
      { POSTGRES_HOST: 'a', POSTGRES_PORT: '5432,70000' },
      'POSTGRES_PORT must be a whole number from 1 to 65535, or a list of them separated by commas',
    ],
  ])('%j is refused', (env, problem) => {
    expect(read(env).problems).toEqual([problem]);
  });

  test('WAL and base backups come from the primary, whatever is dumped', () => {
    const roleOf = (host: string) => {
      const env = { POSTGRES_HOST: host, REPLICATION_USER: 'wal', PGTARGETSESSIONATTRS: 'standby' };
      const role = { user: 'REPLICATION_USER', password: 'REPLICATION_PASSWORD' } as const;
      return readPostgresConfig(readEnvironment(env, 'the test'), role).targetSessionAttrs;
    };
    expect([roleOf('a,b'), roleOf('a')]).toEqual(['primary', 'any']);
  });
});

describe('of several hosts', () => {
  const [a, b, c] = ['a', 'b', 'c'].map((host) => ({ host, port: 5432 })) as [Host, Host, Host];
  const PRIMARY = { inHotStandby: false, readOnly: false };
  const READ_ONLY = { inHotStandby: false, readOnly: true };
  const STANDBY = { inHotStandby: true, readOnly: true };
  const down = () =>
    new DumpError({ operation: 'connect to', problem: 'ECONNREFUSED', cause: { code: 'ECONNREFUSED' } });
  const refused = (code: string) => new DumpError({ operation: 'connect to', problem: 'no', cause: { code } });

  /** Which is chosen, and which were asked. */
  async function choose(attrs: TargetSessionAttrs, answers: Record<string, SessionState | Error>) {
    const asked: string[] = [];
    const hosts = [a, b, c].filter(({ host }) => host in answers);
    const { host } = await chooseHost(hosts, attrs, async (one) => {
      asked.push(one.host);
      const answer = answers[one.host];
      if (answer === undefined || answer instanceof Error) throw answer;
      return answer;
    });
    return `${host} of ${asked.join('')}`;
  }

  test.each<[TargetSessionAttrs, Record<string, SessionState | Error>, string]>([
    ['any', { a: STANDBY, b: PRIMARY }, 'a of a'],
    ['any', { a: down(), b: PRIMARY }, 'b of ab'],
    ['any', { a: refused('57P03'), b: PRIMARY }, 'b of ab'],
    ['primary', { a: STANDBY, b: READ_ONLY, c: PRIMARY }, 'b of ab'],
    ['read-write', { a: STANDBY, b: READ_ONLY, c: PRIMARY }, 'c of abc'],
    ['read-only', { a: PRIMARY, b: READ_ONLY }, 'b of ab'],
    ['standby', { a: PRIMARY, b: READ_ONLY, c: STANDBY }, 'c of abc'],
    ['prefer-standby', { a: PRIMARY, b: STANDBY, c: STANDBY }, 'b of ab'],
    ['prefer-standby', { a: down(), b: PRIMARY, c: PRIMARY }, 'b of abc'],
  ])('%s', async (attrs, answers, chosen) => {
    expect(await choose(attrs, answers)).toBe(chosen);
  });

  test('where there is none, every host has its reason', async () => {
    await expect(choose('standby', { a: PRIMARY, b: down() })).rejects.toMatchObject({
      ...{ name: 'DumpError', subject: 'a:5432,b:5432' },
      problem: 'a:5432: it is not a standby; b:5432: connect to: ECONNREFUSED',
      hint: expect.stringContaining('PGTARGETSESSIONATTRS=standby'),
    });
  });

  test('a refused login ends the search, as a wrong password does everywhere', async () => {
    const noPassword = refused('28P01');
    await expect(choose('any', { a: noPassword, b: PRIMARY })).rejects.toBe(noPassword);
    const badFile = new ConfigError({ operation: 'read', problem: 'no file' });
    await expect(choose('any', { a: badFile, b: PRIMARY })).rejects.toBe(badFile);
  });
});
