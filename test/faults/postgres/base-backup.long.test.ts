import { test } from 'vitest';
import { installationOf } from '../../support/servers/installations.ts';
import { expectWholeBaseBackup } from '../../support/world/whole-base-backup.ts';

test.each([17, 18] as const)(
  'Debian’s %s: every tablespace is an archive, the manifest has its files, and the WAL is where it says',
  async (major) => expectWholeBaseBackup(await installationOf(major), { zstd: true }),
);
