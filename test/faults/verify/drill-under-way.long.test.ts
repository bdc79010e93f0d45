import { test } from 'vitest';
import { expectAlarmWhenKilled, expectRestProved } from '../../support/world/drill-under-way.ts';

test.each([
  ['a session of its server', /CREATE INDEX/],
  ['pg_restore', /pg_restore .*archive\.dump/],
])('when %s is killed, it ends in an alarm without a verdict, is tried again, and leaves nothing behind', (_, title) =>
  expectAlarmWhenKilled(title),
);

test("a locale that only the system's collations need: readable, the rest is proved", () =>
  expectRestProved({
    sql: `CREATE COLLATION pg_catalog."xx_XX.utf8" (LOCALE = 'C');
      UPDATE pg_collation SET collcollate = 'xx_XX.utf8', collctype = 'xx_XX.utf8' WHERE collname = 'xx_XX.utf8';
      CREATE TABLE named (n text COLLATE "xx_XX.utf8")`,
    reason: /collation "pg_catalog.xx_XX.utf8" for encoding "UTF8" does not exist/,
  }));
