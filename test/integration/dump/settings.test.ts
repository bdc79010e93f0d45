import { test } from 'vitest';
import { expectSettingsToNotMatter } from '../../support/world/odd-settings.ts';

test('every odd setting at once, on the role in the database: backup, drill and restore are as ever', () =>
  expectSettingsToNotMatter('the role in the database'));
