import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fillVariables } from './variables-page.ts';

/** `npm run docs:variables`: the tables of docs/configuration.md, as layers/settings has them. */
const page = path.resolve(import.meta.dirname, '../../docs/configuration.md');
await writeFile(page, fillVariables(await readFile(page, 'utf8')));
