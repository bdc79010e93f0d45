import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Every file of the product, as a path from the project's root. */
export const files = ['functions', 'layers', 'events', 'deploy'].flatMap((top) =>
  readdirSync(top, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(tsx?|mjs|cjs)$/.test(file))
    .map((file) => `${top}/${file}`),
);

/** What files import, types too: paths from the project's root, and modules' names. */
export const imports: ReadonlyMap<string, readonly string[]> = new Map(files.map((file) => [file, importsOf(file)]));

export function textOf(file: string): string {
  return readFileSync(file, 'utf8');
}

/** The text without comments, which may speak of what the code does not do. */
export function codeOf(file: string): string {
  return textOf(file)
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '');
}

function importsOf(file: string): string[] {
  const found = textOf(file).matchAll(
    /(?:^import\b[^'"]*?|^export\b[^'"]*?\bfrom\s+|\bimport\(|\brequire\()['"]([^'"]+)['"]/gms,
  );
  return Array.from(found, ([, name = '']) =>
    name.startsWith('.') ? path.posix.join(path.posix.dirname(file), name) : name,
  );
}
