import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fillKeys } from './config-page.ts';
import { configSchema } from './schema.ts';

/** A part of `npm run docs:variables`: the keys of pgvouch.yaml in its page, and the schema that a package has. */
const root = path.resolve(import.meta.dirname, '../../..');
const page = path.join(root, 'docs/config-file.md');
await writeFile(page, fillKeys(await readFile(page, 'utf8')));
await writeFile(path.join(root, 'deploy/package/pgvouch.schema.json'), `${JSON.stringify(configSchema(), null, 2)}\n`);
