import { test } from 'vitest';
import { installationOf } from '../../support/servers/installations.ts';
import { startTestPostgres } from '../../support/servers/postgres.ts';
import { expectExactly, PATTERNS } from '../../support/world/leaving-exactly.ts';
import { world } from '../../support/world/world.ts';

test.each([15, 17])('all patterns with pg_dump %i: what is locked and counted is what it dumps', async (major) => {
  const postgres = await startTestPostgres({ installation: await installationOf(15) });
  try {
    await expectExactly(await world({ postgres, majors: [major] }), PATTERNS);
  } finally {
    await postgres.end();
  }
});
