import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pino from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openClockFile } from '../../../events/serve/clock-file.ts';
import { openEventFiles } from '../../../events/serve/event-files.ts';
import { claimState } from '../../../events/serve/state-folder.ts';

let folder: string;
let lines: Record<string, unknown>[];
const log = pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) });

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'pgvouch-state-'));
  lines = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('what was accepted and has not ended is there for the next service, oldest first, with its tries', () => {
  const journal = openEventFiles(folder, log);
  const dump = journal.accept('dump', { time: '1' });
  const verify = journal.accept('verify', { time: '2' });
  journal.accept('notify', { time: '3' });
  dump.began(2);
  verify.ended();

  const left = openEventFiles(folder, log).left();

  expect(left).toMatchObject([
    { key: 'dump', event: { time: '1' }, attempts: 2 },
    { key: 'notify', event: { time: '3' }, attempts: 0 },
  ]);
  for (const accepted of left) accepted.ended();
  expect(readdirSync(folder)).toEqual([]);
});

test('files that cannot be read, or are for no function of ours, are logged and left', () => {
  writeFileSync(path.join(folder, '20261127-dump.json'), '{"function": "dump"');
  writeFileSync(path.join(folder, '20261128-gone.json'), '{"function": "gone", "event": {}, "attempts": 0}');
  expect(openEventFiles(folder, log).left()).toEqual([]);
  expect(lines).toMatchObject([1, 2].map(() => ({ msg: 'an accepted event cannot be read' })));
  expect(readdirSync(folder)).toHaveLength(2);
});

test('an event whose file cannot be written is accepted all the same', () => {
  const journal = openEventFiles(folder, log);
  rmSync(folder, { recursive: true });
  const accepted = journal.accept('dump', { time: '1' });
  accepted.ended();
  expect(accepted).toMatchObject({ key: 'dump', event: { time: '1' } });
  expect(lines).toMatchObject([{ msg: 'an event would not survive a restart' }]);
});

test('the times of the schedules are kept', () => {
  const file = path.join(folder, 'clock.json');
  const clock = openClockFile(file, log);
  expect(clock.servedAt('dump')).toBeUndefined();
  clock.serve('dump', new Date('2026-11-27T02:00:00Z'));
  clock.serve('retention', new Date('2026-11-27T03:30:00Z'));
  expect(openClockFile(file, log).servedAt('dump')).toEqual(new Date('2026-11-27T02:00:00Z'));
  expect(lines).toEqual([]);
});

test('times that cannot be read count as none, and that is logged', () => {
  const file = path.join(folder, 'clock.json');
  writeFileSync(file, '{"dump": "yesterday"}');
  expect(openClockFile(file, log).servedAt('dump')).toBeUndefined();
  expect(lines).toMatchObject([{ msg: 'the times of the schedules cannot be read' }]);
});

test('one service has the folder, until it ends', async () => {
  const state = await claimState(folder, log);
  await expect(claimState(folder, log)).rejects.toThrow(/another pgvouch serve uses it/);
  await state.release();
  const next = await claimState(folder, log);
  await next.release();
});

test('a folder that cannot be made is refused in one sentence', async () => {
  writeFileSync(path.join(folder, 'file'), '');
  await expect(claimState(path.join(folder, 'file'), log)).rejects.toThrow(/use the state folder .*PGVOUCH_STATE_DIR/s);
});
