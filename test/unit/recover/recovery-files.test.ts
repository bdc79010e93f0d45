import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { END_COMMAND, fetchScript, recoverySettings } from '../../../functions/by-hand/recover/recovery-files.ts';
import type { RecoveryPlan, RecoveryTarget } from '../../../layers/wal/recovery-plan.ts';

describe('the settings of a recovery', () => {
  const commands = { restoreCommand: `sh fetch "%f" "%p"`, endCommand: `rm -rf 'it'` };
  const settings = (target: RecoveryTarget, changes: Partial<RecoveryPlan> = {}, knownHistory = false) => {
    const window = { from: moment, to: moment, starts: [], endsInGap: false };
    const plan: RecoveryPlan = { timeline: 1, target, toTheEnd: false, chain: [], objects: [], window, ...changes };
    return recoverySettings(plan, knownHistory, commands)
      .split('\n')
      .filter((line) => /^[a-z]/.test(line));
  };
  const moment = { lsn: 0n, at: new Date(0) };

  test('golden: take an earlier target back, and set one', () => {
    expect(settings({ kind: 'lsn', lsn: 0x16b3748n })).toEqual([
      `restore_command = 'sh fetch "%f" "%p"'`,
      `recovery_end_command = 'rm -rf ''it'''`,
      "recovery_target = ''",
      "recovery_target_name = ''",
      "recovery_target_time = ''",
      "recovery_target_xid = ''",
      "recovery_target_lsn = ''",
      "recovery_target_timeline = '1'",
      "recovery_target_action = 'promote'",
      "recovery_target_inclusive = 'off'",
      "recovery_target_lsn = '0/16B3748'",
    ]);
  });

  test.each<[string, RecoveryTarget]>([
    [
      "recovery_target_time = '2026-11-27 14:04:59.123000+00'",
      { kind: 'time', at: new Date('2026-11-27T14:04:59.123Z') },
    ],
    [
      "recovery_target_time = '2026-11-27 14:04:59.123456+00'",
      { kind: 'time', at: new Date('2026-11-27T14:04:59.123Z'), microseconds: 456 },
    ],
    ["recovery_target_xid = '8000'", { kind: 'xid', xid: 8_000n }],
  ])('%s', (line, target) => {
    expect(settings(target)).toContain("recovery_target_inclusive = 'on'");
    expect(settings(target).at(-1)).toBe(line);
  });

  test('set no target to the end of the WAL: PostgreSQL would look for a record after it', () => {
    const none = "recovery_target_lsn = ''";
    expect(settings({ kind: 'latest' }, { toTheEnd: true }).filter((line) => line.includes('_lsn'))).toEqual([none]);
    const end = settings({ kind: 'lsn', lsn: 5n }, { toTheEnd: true });
    expect(end.filter((line) => line.includes('_lsn'))).toEqual([none]);
  });

  test('name a timeline that has a history, and 1; PostgreSQL refuses others by number', () => {
    const of = (timeline: number, known: boolean) => settings({ kind: 'latest' }, { timeline }, known);
    expect(of(3, true)).toContain("recovery_target_timeline = '3'");
    expect(of(3, false)).toContain("recovery_target_timeline = 'current'");
  });
});

describe('the program behind restore_command', () => {
  const ahead = 'pgvouch-recovery/wal/4711-1700000000';
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'pgvouch-fetch-'));
    mkdirSync(path.join(folder, ahead), { recursive: true });
    writeFileSync(path.join(folder, 'postmaster.pid'), `4711\n${folder}\n1700000000\n5432\n`);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** With a pgvouch that writes its arguments down, and ends so. */
  function fetch(ends: string): number | null {
    const program = path.join(folder, "it's pgvouch");
    writeFileSync(program, `#!/bin/sh\necho "$*" >asked\n${ends}\n`);
    chmodSync(program, 0o755);
    writeFileSync(path.join(folder, 'fetch'), fetchScript([program]));
    return spawnSync('sh', ['fetch', 'segment', 'target'], { cwd: folder }).status;
  }

  test.each([
    ['fetched it', 'exit 0', 0],
    ['says that it is not there', 'exit 44', 1],
    ['failed', 'exit 170', 170],
    ['crashed, which PostgreSQL would take for the end of the WAL', 'exit 1', 170],
    ['was killed', 'kill -9 $$', 170],
    ['is not there any more', 'rm "$0"; exit 127', 170],
  ])('says what PostgreSQL must hear if pgvouch %s', (_, ends, status) => {
    expect(fetch(ends)).toBe(status);
    const asked = readFileSync(path.join(folder, 'asked'), 'utf8');
    expect(asked).toBe('wal-fetch --recovery pgvouch-recovery segment target\n');
  });

  test("gives Node.js the store's certificates as it starts", () => {
    const program = path.join(folder, 'pgvouch');
    writeFileSync(program, '#!/bin/sh\necho "$NODE_EXTRA_CA_CERTS" >asked\n', { mode: 0o755 });
    writeFileSync(path.join(folder, 'fetch'), fetchScript([program], { NODE_EXTRA_CA_CERTS: "/it's here.pem" }));
    expect(spawnSync('sh', ['fetch', 'segment', 'target'], { cwd: folder }).status).toBe(0);
    expect(readFileSync(path.join(folder, 'asked'), 'utf8')).toBe("/it's here.pem\n");
  });

  test('takes what was fetched ahead without pgvouch', () => {
    writeFileSync(path.join(folder, `${ahead}/segment`), '');
    expect(fetch('exit 170')).toBe(0);
    expect(there('target', 'asked', `${ahead}/segment`)).toEqual([true, false, false]);
  });

  test('takes nothing that was fetched for another run of the server', () => {
    writeFileSync(path.join(folder, `${ahead}/segment`), '');
    for (const other of ['4712\n/data\n1700000000\n', '4711\n/data\n1700000001\n', '']) {
      writeFileSync(path.join(folder, 'postmaster.pid'), other);
      expect(fetch('exit 44')).toBe(1);
    }
    rmSync(path.join(folder, 'postmaster.pid'));
    expect(fetch('exit 44')).toBe(1);
  });

  test('waits for a segment that is coming, as long as somebody is bringing it', async () => {
    const fetcher = spawn('sleep', ['600']);
    writeFileSync(path.join(folder, 'pgvouch-recovery/fetcher'), `${fetcher.pid}\n`);
    writeFileSync(path.join(folder, `${ahead}/segment.coming`), '');
    writeFileSync(path.join(folder, 'fetch'), fetchScript(['false']));
    const waiting = spawn('sh', ['fetch', 'segment', 'target'], { cwd: folder });
    writeFileSync(path.join(folder, `${ahead}/segment.1`), '');
    renameSync(path.join(folder, `${ahead}/segment.1`), path.join(folder, `${ahead}/segment`));
    expect(await once(waiting, 'exit')).toEqual([0, null]);

    const gone = once(fetcher, 'exit');
    fetcher.kill('SIGKILL');
    await gone;
    expect(fetch('exit 0')).toBe(0);
    expect(there('asked')).toEqual([true]);
  });

  test('loses the key to the bucket when recovery ends, whatever an earlier end left', () => {
    mkdirSync(path.join(folder, 'pgvouch-recovery.ended/wal'), { recursive: true });
    expect(spawnSync('sh', ['-c', END_COMMAND], { cwd: folder }).status).toBe(0);
    expect(there('pgvouch-recovery', 'pgvouch-recovery.ended')).toEqual([false, false]);
  });

  const there = (...files: string[]) => files.map((file) => existsSync(path.join(folder, file)));
});
