import { expect } from 'vitest';
import { manifestKey, parseKey } from '../../../layers/backup/keys.ts';
import { nameOf, world } from './world.ts';

/** What a shell, a URL, a path, SQL, a text of JSON and a command line would stumble over, in the 63 bytes of one name. */
export const ALL_AT_ONCE = `-c "q" 'o'  \\ a/../b=v %2F+!25&?# $HOME $(id) \`id\` éé🐘表 `;

/** Names that would be something else if anybody read them: a connection string, a URL, a folder. */
export const MISLEADING = [`dbname=postgres host='127.0.0.1'`, 'postgres://nobody@127.0.0.1:1/postgres', '..'] as const;

/** Expects a database of this name to be dumped and verified, under keys that say its name. */
export async function expectBackupUnder(database: string): Promise<void> {
  const here = await world({ database });
  await here.sql('CREATE TABLE here AS SELECT 1 AS id');
  const manifest = await here.dump();
  expect(manifest).toMatchObject({ database, tables: [{ schema: 'public', name: 'here', rows: 1 }] });
  const key = manifestKey(here.vault.prefix, nameOf(manifest));
  expect(await here.keys()).toContain(key);
  expect(parseKey(here.vault.prefix, key)).toMatchObject({ kind: 'manifest', database });
  expect(await here.verify(manifest)).toMatchObject({ verdict: 'readable' });
}
