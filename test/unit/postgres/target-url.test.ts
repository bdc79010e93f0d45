import { expect, test } from 'vitest';
import { readTargetUrl } from '../../../layers/postgres/connect/target-url.ts';

test('a whole URL, percent-encoded', () => {
  const { target, database } = readTargetUrl(
    'postgres://b%40ckup:p%2Fw@db.example:6432/my%20shop?sslmode=require',
    'URL',
  );
  expect(target).toMatchObject({ host: 'db.example', port: 6432, user: 'b@ckup', password: 'p/w', sslMode: 'require' });
  expect(database).toBe('my shop');
});

test('an IPv6 address loses its brackets', () => {
  expect(readTargetUrl('postgres://u@[::1]:5433/x', 'URL').target).toMatchObject({ host: '::1', port: 5433 });
});

test('pairs of keywords and values, and what others say where it says nothing', () => {
  const others = { PGSSLMODE: 'require', PGCONNECT_TIMEOUT: '3' };
  expect(readTargetUrl("host=db user=u password='p w' dbname=x connect_timeout=5", 'URL', others)).toMatchObject({
    target: { host: 'db', port: 5432, user: 'u', password: 'p w', sslMode: 'require', connectTimeoutMs: 5_000 },
    database: 'x',
  });
});

test('a socket, and no database', () => {
  const { target, database } = readTargetUrl('postgresql://postgres@localhost?host=/run/postgresql', 'URL');
  expect(target).toMatchObject({ host: '/run/postgresql', port: 5432, password: undefined });
  expect(database).toBeUndefined();
});

test.each([
  ['db.example', 'neither a URL nor pairs'],
  ['mysql://root:hunter2@db/x', 'postgres://'],
  ['postgres://u:hunter2@db/x?sslmode=maybe', 'sslmode must be one of'],
  ['postgres://u:hunter2%zz@db/x', 'it has a %'],
  ['postgres://u:hunter2@db/x?options=-c', 'options'],
  ['postgres://:hunter2@db/x', 'user is not set'],
  ['postgres://u:hunter2@db,standby/x', 'leaves open which server is meant'],
  ['postgres://u:hunter2@db/x?target_session_attrs=primary', 'leaves open which server is meant'],
  ['postgres://u:hunter2@db:5432:1/x', 'not written as host:port'],
  ['postgres://u:hunter2/x@db/x', 'percent-encoded'],
])('%s is refused without its password', (url, problem) => {
  expect(() => readTargetUrl(url, 'DRILL_DATABASE_URL')).toThrow(problem);
  expect(() => readTargetUrl(url, 'DRILL_DATABASE_URL')).toThrow('DRILL_DATABASE_URL');
  expect(() => readTargetUrl(url, 'DRILL_DATABASE_URL')).not.toThrow('hunter2');
});

test('a pooler is refused unless the URL says that it gives each client a session', () => {
  expect(readTargetUrl('postgres://u@db/x', 'URL').target.pooler).toBeUndefined();
  expect(readTargetUrl('postgres://u@db/x?pooler=session', 'URL').target.pooler).toBe('session');
  expect(() => readTargetUrl('postgres://u@db/x?pooler=transaction', 'URL')).toThrow('pooler must be');
});
