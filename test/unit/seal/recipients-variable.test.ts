import { expect, test } from 'vitest';
import { readRecipients } from '../../../layers/seal/config.ts';
import { readEnvironment } from '../../../layers/settings/environment.ts';
import { ageKeys } from '../../support/world/age-keys.ts';

async function read(text: string) {
  const reader = readEnvironment({ BACKUP_AGE_RECIPIENTS: text }, 'dump');
  const recipients = readRecipients(reader);
  reader.done();
  return recipients?.names;
}

test('recipients of both kinds, separated as people and files do it', async () => {
  const [one, two] = [(await ageKeys()).recipient, (await ageKeys('hybrid')).recipient];
  const both = [one, two].sort();
  for (const text of [`${one},${two}`, ` ${one}\n${two} `, JSON.stringify([one, two]), `${two}, ${one}, ${one}`]) {
    expect(await read(text)).toEqual(both);
  }
  expect(await read('')).toBeUndefined();
});

test.each(['age1', 'age1pq1', 'ssh-ed25519 AAAA', 'AGE-SECRET-KEY-1QQQ', ' , '])('%j is refused', async (text) => {
  await expect(read(text)).rejects.toThrow(/BACKUP_AGE_RECIPIENTS (must name|holds an identity|names no)/);
});
