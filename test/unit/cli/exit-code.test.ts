import { expect, test } from 'vitest';
import { exitCodeOf, Interrupted } from '../../../events/cli/exit-code.ts';
import { ConfigError, DumpError, EventError, PolicyError, VaultError } from '../../../layers/backup/errors.ts';

test('exit codes', () => {
  const facts = { operation: 'x', problem: 'y' };
  const errors = [ConfigError, EventError, PolicyError, DumpError, VaultError].map((Kind) => new Kind(facts));
  expect(errors.map(exitCodeOf)).toEqual([2, 2, 4, 1, 1]);
  expect([new Interrupted(), new Error('?')].map(exitCodeOf)).toEqual([130, 1]);
});
