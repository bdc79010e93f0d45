import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { connect, libpqEnvironment } from '../../../layers/postgres/connect/connection.ts';
import { CONTENT_SETTINGS } from '../../../layers/postgres/connect/session-settings.ts';
import { contentFingerprint } from '../../../layers/postgres/contents/content-fingerprint.ts';
import { readRestored } from '../../../layers/postgres/contents/read-restored.ts';
import { qualified } from '../../../layers/postgres/contents/relations.ts';
import type { TestPostgres } from '../servers/postgres.ts';
import { clientBin } from './client-folder.ts';

/** Expects two databases of one server to hold the same: contents, counts of objects, and all that pg_dump says of both. */
export async function expectEqualDatabases(
  postgres: TestPostgres,
  [source, copy]: readonly [string, string],
  clientMajor: number,
): Promise<void> {
  const signal = AbortSignal.timeout(600_000);
  const restored = await readRestored(postgres.target, copy, true, signal);
  expect(restored).toEqual(await readRestored(postgres.target, source, true, signal));
  expect(await beyondTables(postgres, copy)).toEqual(await beyondTables(postgres, source));
  const [before, after] = await Promise.all([source, copy].map((name) => schemaOf(postgres, name, clientMajor)));
  // Not toBe: a difference of texts this long would be worked out for minutes.
  expect(firstDifference(before ?? [], after ?? [])).toBeUndefined();
}

/** Contents that are in no table: materialized views and large objects. */
async function beyondTables(postgres: TestPostgres, database: string): Promise<unknown> {
  const client = await connect(postgres.target, database, 'test');
  try {
    await client.query(`BEGIN; ${CONTENT_SETTINGS}; SET LOCAL search_path = ''`);
    const { rows: views } = await client.query<{ schema: string; name: string; populated: boolean }>(
      `SELECT schemaname AS schema, matviewname AS name, ispopulated AS populated FROM pg_matviews ORDER BY 1, 2`,
    );
    const contents: unknown[] = [];
    for (const view of views) {
      contents.push([view, view.populated && (await contentFingerprint(client, qualified(view)))]);
    }
    const objects = await client.query('SELECT oid, md5(lo_get(oid)) FROM pg_largeobject_metadata ORDER BY oid');
    return { contents, objects: objects.rows };
  } finally {
    await client.end();
  }
}

async function schemaOf(postgres: TestPostgres, database: string, clientMajor: number): Promise<string[]> {
  const { stdout } = await promisify(execFile)(path.join(clientBin(clientMajor), 'pg_dump'), ['--schema-only'], {
    env: libpqEnvironment(postgres.target, database),
    maxBuffer: 2 ** 28,
    encoding: 'latin1',
  });
  // The key of \restrict is another one every time.
  return stdout.split('\n').filter((line) => !/^\\(un)?restrict /.test(line));
}

function firstDifference(a: readonly string[], b: readonly string[]): object | undefined {
  const at = Array.from({ length: Math.max(a.length, b.length) }, (_, index) => index).find((i) => a[i] !== b[i]);
  if (at === undefined) return undefined;
  const around = (lines: readonly string[]) => lines.slice(Math.max(0, at - 3), at + 8);
  return { at, source: around(a), copy: around(b) };
}
