import { mkdtempSync } from 'node:fs';
import path from 'node:path';
import { inject } from 'vitest';

/** A fresh folder that is removed after the run, for what test files share or leave behind. */
export function runFolder(name: string): string {
  return mkdtempSync(path.join(inject('runFolder'), `${name}-`));
}
