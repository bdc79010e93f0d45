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

test.each([undefined, 'hybrid'] as const)('recipients, separated as people and files do it: %s', async (kind) => {
  const [one, two] = [(await ageKeys(kind)).recipient, (await ageKeys(kind)).recipient];
  const both = [one, two].sort();
  for (const text of [`${one},${two}`, ` ${one}\n${two} `, JSON.stringify([one, two]), `${two}, ${one}, ${one}`]) {
    expect(await read(text)).toEqual(both);
  }
  expect(await read('')).toBeUndefined();
});

test('post-quantum recipients do not go with others', async () => {
  const names = [(await ageKeys()).recipient, (await ageKeys('hybrid')).recipient];
  await expect(read(names.join())).rejects.toThrow('mixes post-quantum recipients with others');
});

test.each(['age1', 'age1pq1', 'ssh-ed25519 AAAA', 'AGE-SECRET-KEY-1QQQ', ' , '])('%j is refused', async (text) => {
  await expect(read(text)).rejects.toThrow(/BACKUP_AGE_RECIPIENTS (must name|holds an identity|names no)/);
});
