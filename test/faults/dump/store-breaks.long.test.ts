import { describe, test } from 'vitest';
import { brokenStore, expectAskedAgain, expectGivenUp } from '../../support/world/broken-store.ts';

const store = brokenStore();

describe('the store cannot be reached when', () => {
  test.each([
    ...(['the bucket is looked for', 'an earlier manifest is looked for', 'the upload begins'] as const),
    ...(['the upload is completed', 'the globals are written'] as const),
  ])('%s, until the deadline: a VaultError and no backup', (step) => expectGivenUp(store, step));
});

describe('a lost answer', () => {
  test.each(['the upload begins', 'its second part is sent', 'the globals are written'] as const)(
    'when %s: it is tried again, and the backup is whole',
    (step) => expectAskedAgain(store, step),
  );
});
