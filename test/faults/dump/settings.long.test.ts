import { test } from 'vitest';
import { expectSettingsToNotMatter } from '../../support/world/odd-settings.ts';

test.each(['the database', 'the role'] as const)(
  'every odd setting at once, on %s: backup, drill and restore are as ever',
  expectSettingsToNotMatter,
);
