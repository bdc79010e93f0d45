import { expect, test } from 'vitest';
import { programHint } from '../../../layers/postgres/complaints/hints.ts';

test.each([
  ['pg_dump: error: query failed: ERROR:  permission denied for large object 16876', 'GRANT SELECT ON LARGE OBJECT'],
  ['pg_dump: error: query failed: ERROR:  permission denied for schema provider', 'DUMP_EXCLUDE_SCHEMA'],
  ['pg_dump: error: query failed: ERROR:  out of shared memory', 'max_locks_per_transaction'],
  ['connection to server failed: FATAL:  sorry, too many clients already', 'max_connections'],
  ['connection to server failed: FATAL:  remaining connection slots are reserved for roles …', 'max_connections'],
  ['connection to server failed: FATAL:  unsupported startup parameter in options: array_nulls', 'the server itself'],
  ['pg_dump: error: query failed: ERROR:  canceling statement due to conflict with recovery', 'hot_standby_feedback'],
])('%s: says %s', (said, hint) => {
  expect(programHint(null, said)).toContain(hint);
});
