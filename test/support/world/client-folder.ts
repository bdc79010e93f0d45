import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inject } from 'vitest';

/** Which programs of a client folder are fixtures: `{ pg_dump: 'pg_dump-hangs' }`. */
export type StandIns = Readonly<Record<string, string>>;

export interface ClientFolder {
  /** For `PG_CLIENT_DIR`. */
  readonly folder: string;
  /** The process that a stand-in ran as, last. */
  pid(): number;
  /** From now on a program is another fixture. */
  replace(program: string, standIn: string): void;
  remove(): void;
}

/** A folder of client programs: the real ones, but for the stand-ins from test/fixtures/programs. */
export function clientFolder(standIns: StandIns, major = 18): ClientFolder {
  const folder = mkdtempSync(path.join(tmpdir(), 'pgvouch-client-'));
  const real = clientBin(major);
  mkdirSync(path.join(folder, 'real'));
  for (const program of readdirSync(real)) {
    symlinkSync(path.join(real, program), path.join(folder, 'real', program));
    const standIn = standIns[program];
    const at = standIn === undefined ? path.join(real, program) : fixture(standIn);
    symlinkSync(at, path.join(folder, program));
  }
  return {
    folder,
    pid: () => Number(readFileSync(path.join(folder, 'pid'), 'utf8')),
    replace(program, standIn) {
      rmSync(path.join(folder, program));
      symlinkSync(fixture(standIn), path.join(folder, program));
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The folder of the real client programs of one major. */
export function clientBin(major: number): string {
  for (const root of inject('pgClientRoots')) {
    if (readdirSync(root).includes(String(major))) return path.join(root, String(major), 'bin');
  }
  throw new Error(`no client programs of PostgreSQL ${major} were built`);
}

function fixture(name: string): string {
  return path.resolve(import.meta.dirname, '../../fixtures/programs', name);
}
