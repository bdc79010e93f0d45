import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type SystemdAnalyze, systemdAnalyze } from '../../support/places/systemd-analyze.ts';

const UNIT = 'deploy/systemd/pgvouch.service';
/** A machine with Debian's units, ours, and a program at its place. */
const root = mkdtempSync(join(tmpdir(), 'pgvouch-unit-'));
let analyze: SystemdAnalyze;

beforeAll(async () => {
  analyze = await systemdAnalyze();
  cpSync(analyze.units, join(root, 'usr/lib/systemd/system'), { recursive: true });
  for (const folder of ['etc/systemd/system', 'usr/local/bin']) mkdirSync(join(root, folder), { recursive: true });
  cpSync(UNIT, join(root, 'etc/systemd/system/pgvouch.service'));
  writeFileSync(join(root, 'usr/local/bin/pgvouch'), '');
  chmodSync(join(root, 'usr/local/bin/pgvouch'), 0o755);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

test('systemd understands every line of the unit', async () => {
  const { exitCode, stdout, stderr } = await analyze.run([
    'verify',
    '--recursive-errors=no',
    `--root=${root}`,
    'pgvouch.service',
  ]);
  expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 0, stdout: '', stderr: '' });
});

test('the unit has few rights: an exposure of at most 2.0 of 10', async () => {
  const { exitCode, stdout, stderr } = await analyze.run(['security', '--offline=true', '--threshold=20', UNIT]);
  expect(stderr).toBe('');
  expect(Number(/exposure level for pgvouch\.service: ([\d.]+)/.exec(stdout)?.[1])).toBeLessThanOrEqual(2);
  expect(exitCode).toBe(0);
});
