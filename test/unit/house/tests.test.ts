import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { LONG_FILES } from '../../support/run/long-files.ts';

const files = readdirSync('test', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
const tests = files.filter((file) => file.endsWith('.test.ts'));

test('every test stands in a room of its kind: test/<kind>/<room>/', () => {
  expect(tests.length).toBeGreaterThan(100);
  expect(
    tests.filter((file) => !/^(unit|integration|e2e|faults|container|bench)\/[a-z-]+\/[a-z.-]+$/.test(file)),
  ).toEqual([]);
});

test('no two tests of a kind share a name', () => {
  const names = tests.map((file) => `${file.split('/')[0]}: ${path.basename(file)}`);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

test('support stands in folders by what it stands in for', () => {
  expect(files.filter((file) => /^support\/[^/]+$/.test(file))).toEqual([]);
});

test('tests tell one thing too: under 250 lines', () => {
  const long = files.filter((file) => readFileSync(path.join('test', file), 'utf8').split('\n').length > 250);
  expect(long).toEqual([]);
});

test('tests end only the processes that they name', () => {
  // process.kill(0) would end all that was started together with the tests.
  const killers = files.filter((file) => /(?<!\.)process\.kill\(/.test(readFileSync(path.join('test', file), 'utf8')));
  expect(killers.filter((file) => file !== 'unit/house/tests.test.ts')).toEqual(['support/servers/processes.ts']);
});

test('the files that a run begins with are there', () => {
  expect(LONG_FILES.filter((file) => !tests.includes(file.replace('test/', '')))).toEqual([]);
  expect(new Set(LONG_FILES).size).toBe(LONG_FILES.length);
});
