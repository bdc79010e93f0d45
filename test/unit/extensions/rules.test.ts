import { expect, test } from 'vitest';
import { aroundRestore } from '../../../layers/extensions/around-restore.ts';
import { settingsFor } from '../../../layers/extensions/needs.ts';
import { objection } from '../../../layers/extensions/versions.ts';

test('libraries are preloaded in the order that they need, each once', () => {
  const { shared_preload_libraries } = settingsFor(['pg_stat_kcache', 'pg_cron', 'pg_stat_statements'], 'shop');
  expect(shared_preload_libraries).toBe('pg_stat_statements,pg_stat_kcache,pg_cron');
});

test('nothing is preloaded that no extension needs, and then there is no setting', () => {
  expect(settingsFor(['vector', 'postgis', 'pg_partman'], 'shop')).toEqual({});
});

test('pg_cron works in the drill’s database, and no job of it is started', () => {
  expect(settingsFor(['pg_cron'], 'pgvouch_drill_1')).toMatchObject({
    'cron.database_name': 'pgvouch_drill_1',
    'cron.launch_active_jobs': 'off',
    'cron.max_running_jobs': '0',
  });
});

test('TimescaleDB is told of a restore, in whatever schema it is; others are not', () => {
  expect(aroundRestore([{ name: 'timescaledb', schema: 'my "ts"', version: '2.30.1' }])).toEqual({
    names: ['timescaledb'],
    before: ['SELECT "my ""ts""".timescaledb_pre_restore()'],
    after: ['SELECT "my ""ts""".timescaledb_post_restore()'],
  });
  expect(aroundRestore([{ name: 'vector', schema: 'public', version: '0.8.0' }])).toEqual({
    names: [],
    before: [],
    after: [],
  });
});

test('rows that PoWA makes and archives, too, go before its own come; what it needs is made first', () => {
  const backup = ['btree_gist', 'pg_stat_statements', 'powa'].map((name) => ({ name, schema: 's', version: '5.0.2' }));
  const { names, before, after } = aroundRestore(backup);
  expect(names).toEqual(['btree_gist', 'pg_stat_statements', 'powa']);
  expect(before).toEqual([expect.stringMatching(/^DO .*e\.extname = 'powa'.*DELETE FROM/s)]);
  expect(after).toEqual([]);
  expect(aroundRestore([{ name: 'powa', schema: 's', version: '5.1.0' }]).names).toEqual([]);
});

test('a preloaded library gets no workers', () => {
  expect(settingsFor(['pglogical'], 'shop')).toMatchObject({ max_worker_processes: '0' });
});

test.each([
  ['vector', '0.7.4', '0.8.7', undefined],
  ['postgis', '3.5.2', '3.6.4', undefined],
  ['pg_partman', '4.7.4', '5.5.0', 'they are different major versions'],
  ['timescaledb', '2.30.1', '2.31.0', expect.stringContaining('only the same version')],
])('%s %s restored as %s: %s', (name, backup, restored, why) => {
  expect(objection({ name, backup, restored })).toEqual(why);
});
