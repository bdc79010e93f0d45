import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { withSettingsFile } from '../../../layers/settings/settings-file.ts';
import { refusal } from '../../support/world/configuration.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'pgvouch-settings-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a function has the variables of its file, and its own before them', () => {
  const file = path.join(folder, 'settings.json');
  writeFileSync(file, '{"POSTGRES_DBS": "[\\"shop\\"]", "FINGERPRINT": "content"}');
  const env = { PGVOUCH_SETTINGS_FILE: file, FINGERPRINT: 'counts' };
  expect(withSettingsFile(env)).toEqual({ ...env, POSTGRES_DBS: '["shop"]' });
  expect(withSettingsFile({ FINGERPRINT: 'counts' })).toEqual({ FINGERPRINT: 'counts' });
});

test('a file that is not there, or no JSON, is named', () => {
  const gone = path.join(folder, 'gone.json');
  expect(refusal(() => withSettingsFile({ PGVOUCH_SETTINGS_FILE: gone })).message).toMatch(
    /read settings.*gone\.json/s,
  );
  const broken = path.join(folder, 'broken.json');
  writeFileSync(broken, '{');
  expect(refusal(() => withSettingsFile({ PGVOUCH_SETTINGS_FILE: broken }))).toMatchObject({ name: 'ConfigError' });
});
