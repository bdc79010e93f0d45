import { expect, test } from 'vitest';
import { findClientPrograms } from '../../../layers/postgres/programs/client-programs.ts';
import { clientBin } from '../../support/world/client-folder.ts';
import { world } from '../../support/world/world.ts';

test('a server newer than every client is a clear error, before anything is dumped', async () => {
  const here = await world({ majors: [15, 17] });
  await expect(here.dump()).rejects.toMatchObject({
    name: 'DumpError',
    operation: 'choose pg_dump for',
    problem: expect.stringContaining('the newest client programs here are version 17'),
    hint: expect.stringContaining('PG_CLIENT_DIR'),
  });
  expect(await here.keys()).toEqual([]);
  expect(here.log.join('')).not.toContain('dump started');
});

test('the programs of each major are found, told apart by what they say, oldest first', async () => {
  const bins = [18, 15, 17].map(clientBin);
  const found = await findClientPrograms(bins);
  expect(found.map(({ major }) => major)).toEqual([15, 17, 18]);
  expect(found.every(({ major, version }) => version.startsWith(`${major}.`))).toBe(true);
});

test('no programs at all is the deployer’s error', async () => {
  await expect(findClientPrograms(['/nonexistent', '/tmp'])).rejects.toMatchObject({
    name: 'ConfigError',
    subject: '/nonexistent:/tmp',
    hint: expect.stringContaining('PG_CLIENT_DIR'),
  });
});
