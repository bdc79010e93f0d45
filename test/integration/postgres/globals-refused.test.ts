import { expect, test } from 'vitest';
import { pgDumpGlobals } from '../../../layers/postgres/programs/pg-dump.ts';
import { clientPrograms, world } from '../../support/world/world.ts';

test('pg_dumpall keeps to itself why it was refused: the error has the reason', async () => {
  const { sql, postgres, database } = await world();
  const user = `${database}_full`;
  await sql(`CREATE ROLE ${user} LOGIN PASSWORD 'x' CONNECTION LIMIT 0`);
  const [client = expect.unreachable('there is one')] = await clientPrograms();
  const options = {
    ...{ client, target: { ...postgres.target, user, password: 'x' }, database, programOptions: '' },
    ...{ signal: new AbortController().signal, rolePasswords: false },
  };
  await expect(pgDumpGlobals(options).finally(() => sql(`DROP ROLE ${user}`))).rejects.toMatchObject({
    name: 'DumpError',
    problem: expect.stringContaining('too many connections for role'),
  });
});
