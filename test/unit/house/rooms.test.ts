import path from 'node:path';
import { expect, test } from 'vitest';
import { files, imports } from './files.ts';
import { RULES } from './room-rules.ts';

/** Each of these has one home, and is imported nowhere else. */
const HOMES: readonly [module: string, home: RegExp][] = [
  ['@aws-sdk/client-s3', /^layers\/vault\//],
  ['@aws-sdk/client-secrets-manager', /^layers\/secrets\//],
  ['@aws-sdk/rds-signer', /^layers\/secrets\//],
  ['@aws-sdk/client-ecs', /^layers\/tasks\//],
  ['@aws-sdk/client-lambda', /^layers\/lambda\//],
  ['age-encryption', /^layers\/seal\//],
  ['p-retry', /^layers\/(mail|vault|webhook)\//],
  ['nodemailer', /^layers\/mail\//],
  ['pg', /^(layers\/postgres|events\/offline)\//],
  ['node:child_process', /^((layers\/(debian|postgres)|events\/serve)\/|events\/cli\/own-process\.ts$)/],
];

const pairs = [...imports].flatMap(([file, imported]) => imported.map((one) => [file, one] as const));

test('the house has files, and they import', () => {
  expect(files.length).toBeGreaterThan(200);
  expect(pairs.length).toBeGreaterThan(1_000);
});

test('every folder has its rule, and every rule its folder', () => {
  expect([...new Set(files.map(folderOf))].sort()).toEqual(Object.keys(RULES).sort());
});

test('every file imports only what its folder may', () => {
  expect(pairs.filter(([file, imported]) => !mayImport(folderOf(file), imported))).toEqual([]);
});

test('no folder may import what none of its files does', () => {
  const idle = Object.entries(RULES).flatMap(([folder, allowed]) => {
    const used = new Set(pairs.filter(([file]) => folderOf(file) === folder).map(([, imported]) => roomOf(imported)));
    return allowed.filter((one) => !used.has(one)).map((one) => `${folder}: ${one}`);
  });
  expect(idle).toEqual([]);
});

test('functions never import each other, nor what only builds layers', () => {
  const functionOf = (file: string) => /^functions\/((?:by-hand\/)?[^/]+)\//.exec(file)?.[1];
  const broken = pairs.filter(([file, imported]) => {
    const [one, other] = [functionOf(file), functionOf(imported)];
    return one && ((other && one !== other) || imported.startsWith('layers/build/'));
  });
  expect(broken).toEqual([]);
});

test('the S3 client, pg and child processes have one home each', () => {
  const broken = HOMES.flatMap(([module, home]) =>
    pairs.filter(([file, imported]) => imported === module && !home.test(file)),
  );
  expect(broken).toEqual([]);
});

function mayImport(folder: string, imported: string): boolean {
  const room = roomOf(imported);
  return room === folder || (RULES[folder] ?? []).includes(room);
}

/** What a rule calls it: a file's folder, `node:`, or the module itself. */
function roomOf(imported: string): string {
  if (imported.startsWith('node:')) return 'node:';
  return files.includes(imported) ? folderOf(imported) : imported;
}

function folderOf(file: string): string {
  return path.posix.dirname(file);
}
