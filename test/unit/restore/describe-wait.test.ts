import { expect, test } from 'vitest';
import { describeWait } from '../../../layers/restoring/describe-wait.ts';

const WAIT = { what: 'public.orders', mode: 'AccessExclusiveLock', waitedMs: 12_000 };

test('a session whose state our role may not see, and a prepared transaction that no session holds', () => {
  const unseen = { user: 'app', application: '', state: null, queryMs: null, transactionMs: null };
  expect(describeWait({ ...WAIT, holders: [{ ...unseen, pid: 7 }] })).toBe(
    'waiting for 12.0 s for a lock on public.orders (AccessExclusiveLock), held by pid 7 (user app); to end it: SELECT pg_terminate_backend(7)',
  );
  expect(describeWait({ ...WAIT, holders: [{ ...unseen, pid: 0 }] })).toMatch(
    /held by a prepared transaction; end it with COMMIT PREPARED or ROLLBACK PREPARED$/,
  );
});
