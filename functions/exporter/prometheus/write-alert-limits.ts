import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fillAlertLimits } from './alert-limits.ts';

/** `npm run docs:alerts`: alerts.yml, its limits as the code has them. */
const file = path.join(import.meta.dirname, 'alerts.yml');
await writeFile(file, fillAlertLimits(await readFile(file, 'utf8')));
