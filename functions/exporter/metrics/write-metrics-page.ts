import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fillMetricsPage } from './metrics-page.ts';

/** `npm run docs:metrics`: docs/metrics.md, its table as the code has it. */
const page = path.resolve(import.meta.dirname, '../../../docs/metrics.md');
await writeFile(page, fillMetricsPage(await readFile(page, 'utf8')));
