import pg from 'pg';
import { expect, test } from 'vitest';
import { explained } from '../../../functions/refresh/explain.ts';
import { switchError } from '../../../layers/postgres/swap/switch-error.ts';

const WHAT = { name: 'shop_staging', old: { name: 'shop_staging_before_20261130_060000' } };

function answered(code: string): pg.DatabaseError {
  return Object.assign(new pg.DatabaseError('no', 2, 'error'), { code });
}

/** What a person reads of it in the end. */
function said(failure: { error: unknown; atCommit: boolean }, what: Parameters<typeof switchError>[0] = WHAT): string {
  return String(explained(switchError(what, 'no', failure), { name: 'staging' }));
}

test.each([[new Error('Connection terminated unexpectedly')], [answered('57P01')]])(
  'without an answer to COMMIT nobody says which database is in use, but how to see it: %s',
  (error) => {
    const text = said({ error, atCommit: true });
    expect(text).toContain('before the server answered COMMIT');
    expect(text).toContain('has a database "shop_staging_before_20261130_060000"');
    expect(text).not.toMatch(/as (it was )?before$/);
    expect(said({ error, atCommit: true }, { ...WHAT, old: undefined })).toContain('has a database "shop_staging"');
    // Before, nothing has changed.
    expect(said({ error, atCommit: false })).toMatch(
      /the old one is in use as before.*the database is as it was before$/,
    );
  },
);

test('what the server refuses has not been done, at COMMIT either', () => {
  expect(said({ error: answered('40001'), atCommit: true })).toContain('the old one is in use as before');
});
