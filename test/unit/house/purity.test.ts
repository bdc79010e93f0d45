import { expect, test } from 'vitest';
import { codeOf, files, textOf } from './files.ts';

/** Composition roots: they alone wire things and read the environment. */
const ROOTS = /^(functions\/([^/]+)\/handler\.ts|events\/(host|offline|serve|cli)\/|deploy\/)/;

/** The clock, timers, the environment and chance: whoever needs them in the rules is given them. */
const IMPURE =
  /\bDate\.now\b|\bnew Date(\(\)|;)|\bperformance\.now\b|\bset(Timeout|Interval|Immediate)\b|\bAbortSignal\.timeout\b|\bprocess\.|\bMath\.random\b|\bcrypto\b|\brandomUUID\b|\bgetRandomValues\b/;
/** The machine's time zone and language, which are environment too. */
const LOCAL = /\.get(FullYear|Month|Date|Day|Hours|Minutes)\(|\.toLocale\w+\((?!'en-US')|\bIntl\.|\blocaleCompare\b/;

test('the rules in layers/backup and layers/wal have no clock, no timer, no environment and no chance', () => {
  const rules = files.filter((file) => /^layers\/(backup|wal)\//.test(file));
  expect(rules.length).toBeGreaterThan(20);
  expect(rules.filter((file) => IMPURE.test(codeOf(file)) || LOCAL.test(codeOf(file)))).toEqual([]);
});

test('only composition roots read process.env', () => {
  const readers = files.filter((file) => !ROOTS.test(file) && textOf(file).includes('process.env'));
  expect(readers.sort()).toEqual([
    // The machine's proxy for apt, the PATH for children, and commands of their own.
    'layers/build/pg-client/build.ts',
    'layers/build/scratch-postgres/build.ts',
    'layers/debian/apt.ts',
    'layers/debian/tool.ts',
    'layers/postgres/places/daemon.ts',
    'layers/postgres/programs/child.ts',
  ]);
});

test('files tell one thing: under 250 lines', () => {
  expect(files.filter((file) => textOf(file).split('\n').length > 250)).toEqual([]);
});
