import { expect, test } from 'vitest';
import { signOf } from '../../../functions/exporter/status/judge/backup-sign.ts';
import { backupOf, NOW } from '../../support/status/facts.ts';

test('the sign of a backup', () => {
  const retirement = { removeAfter: NOW, reasons: [], going: false };
  expect(signOf(backupOf(0))).toBe('restorable');
  expect(signOf(backupOf(0, { verdict: undefined }))).toBe('waiting');
  expect(signOf(backupOf(0, { retirement }))).toBe('retired');
  expect(signOf(backupOf(0, { retirement, verdict: 'corrupt' }))).toBe('corrupt');
  const emptied = { verdict: 'corrupt', complete: false } as const;
  expect(signOf(backupOf(0, { ...emptied, retirement }))).toBe('corrupt');
  expect(signOf(backupOf(0, { ...emptied, retirement: { ...retirement, going: true } }))).toBe('retired');
  expect(signOf(backupOf(0, { ...emptied, retirement: { ...retirement, removeAfter: undefined } }))).toBe('retired');
});
