import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

/** The dependency rule of the house: who may import from where. Composition roots may wire anything. */
const ROOTS = /^(functions\/[^/]+\/handler\.ts|events\/(host|offline|cli)\/|deploy\/)/;
const RULES: readonly [part: RegExp, mayImport: RegExp][] = [
  [/^layers\/backup\//, /^(layers\/backup\/|zod$)/],
  [/^layers\/log\//, /^(layers\/(backup|log)\/|pino$|zod$|node:)/],
  [/^layers\/schedule\//, /^(layers\/(backup|schedule)\/|croner$)/],
  [/^layers\/secrets\//, /^(layers\/(backup|secrets)\/|@aws-sdk\/client-secrets-manager$|node:)/],
  [/^layers\/webhook\//, /^(layers\/(backup|secrets|webhook)\/|p-retry$|node:)/],
  [/^layers\/vault\//, /^(layers\/(backup|vault)\/|@aws-sdk\/client-s3$|zod$|node:)/],
  [/^layers\/postgres\//, /^(layers\/(backup|postgres|secrets)\/|pg$|zod$|node:)/],
  [/^layers\/catalog\//, /^(layers\/(backup|catalog|vault)\/|zod$)/],
  [/^layers\/words\//, /^(layers\/(backup|words)\/|cli-progress$|node:)/],
  [/^layers\/build\/debian\//, /^(layers\/(backup|build\/debian)\/|node:)/],
  [/^layers\/build\/pg-client\//, /^(layers\/(backup|build\/(debian|pg-client))\/|node:)/],
  [/^layers\/build\/scratch-postgres\//, /^(layers\/(backup|build\/(debian|scratch-postgres))\/|node:)/],
  [/^events\/[^/]+\.ts$/, /^(events\/[^/]+\.ts$|layers\/backup\/|zod$)/],
];
/** Each of these has one home, and is imported nowhere else. */
const HOMES: readonly [module: string, home: RegExp][] = [
  ['@aws-sdk/client-s3', /^(layers\/vault|events\/offline)\//],
  ['@aws-sdk/client-secrets-manager', /^layers\/secrets\//],
  ['p-retry', /^layers\/webhook\//],
  ['pg', /^(layers\/postgres|events\/offline)\//],
  ['node:child_process', /^(layers\/postgres|layers\/build|events\/(host|offline))\//],
];

const files = ['functions', 'layers', 'events', 'deploy'].flatMap((top) =>
  readdirSync(top, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(tsx?|mjs|cjs)$/.test(file))
    .map((file) => `${top}/${file}`),
);
const imports = files.flatMap((file) => importsOf(file).map((imported) => [file, imported] as const));

test('the house has files, and they import', () => {
  expect(files.length).toBeGreaterThan(50);
  expect(imports.length).toBeGreaterThan(200);
});

test('every part imports only what it may', () => {
  const broken = imports.filter(([file, imported]) => !ROOTS.test(file) && !allowed(file, imported));
  expect(broken).toEqual([]);
});

test('functions never import each other', () => {
  const functionOf = (file: string) => /^functions\/((?:by-hand\/)?[^/]+)\//.exec(file)?.[1];
  const broken = imports.filter(
    ([file, imported]) => functionOf(file) && functionOf(imported) && functionOf(file) !== functionOf(imported),
  );
  expect(broken).toEqual([]);
});

test('the S3 client, pg and child processes have one home each', () => {
  const broken = HOMES.flatMap(([module, home]) =>
    imports.filter(([file, imported]) => imported === module && !home.test(file)),
  );
  expect(broken).toEqual([]);
});

test('only composition roots read process.env', () => {
  const readers = files.filter((file) => !ROOTS.test(file) && readFileSync(file, 'utf8').includes('process.env'));
  // Children need the PATH, apt the machine's proxy, and build.ts is a command of its own.
  const build = ['layers/build/debian/apt.ts', 'layers/build/debian/tool.ts', 'layers/build/pg-client/build.ts'];
  expect(readers.sort()).toEqual([...build, 'layers/postgres/places/daemon.ts', 'layers/postgres/programs/child.ts']);
});

test('files tell one thing: under 250 lines', () => {
  const long = files.filter((file) => readFileSync(file, 'utf8').split('\n').length > 250);
  expect(long).toEqual([]);
});

test('tests end only the processes that they name', () => {
  // process.kill(0) would end all that was started together with the tests.
  const tests = readdirSync('test', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const killers = tests.filter((file) => /(?<!\.)process\.kill\(/.test(readFileSync(path.join('test', file), 'utf8')));
  expect(killers.filter((file) => file !== 'unit/house.test.ts')).toEqual(['support/processes.ts']);
});

function allowed(file: string, imported: string): boolean {
  const rule = RULES.find(([part]) => part.test(file));
  if (rule) return rule[1].test(imported);
  // functions: the events' parsers, the layers, libraries.
  return !/^(events\/(host|offline|cli)|layers\/build|deploy|test)\//.test(imported);
}

/** What a file imports: a path from the project's root, or a module's name. */
function importsOf(file: string): string[] {
  const source = readFileSync(file, 'utf8');
  const found = source.matchAll(/(?:^import\b[^'"]*?|^export\b[^'"]*?\bfrom\s+|\bimport\()['"]([^'"]+)['"]/gms);
  return Array.from(found, ([, name = '']) =>
    name.startsWith('.') ? path.posix.join(path.posix.dirname(file), name) : name,
  );
}
