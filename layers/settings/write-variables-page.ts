import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fillVariables } from './variables-page.ts';

/** `npm run docs:variables`: the tables of docs/configuration.md and docs/aws.md, as layers/settings has them. */
for (const page of ['configuration.md', 'aws.md']) {
  const file = path.resolve(import.meta.dirname, '../../docs', page);
  await writeFile(file, fillVariables(await readFile(file, 'utf8')));
}
