import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, vi } from 'vitest';
import { readVerifyConfig } from '../../../functions/verify/config.ts';
import type { DrillPlace } from '../../../functions/verify/scratch.ts';
import type { ConnectionTarget } from '../../../layers/postgres/connect/target.ts';
import { embeddedPostgres } from '../../../layers/postgres/places/embedded-installation.ts';
import { quickInstallation } from '../servers/quick-installation.ts';

/** A place to hold drills in, with a folder of its own, which goes when the test ends. */
export function ownDrillPlace(changes: Partial<DrillPlace> = {}): DrillPlace {
  return {
    installations: [quickInstallation(embeddedPostgres())],
    server: undefined,
    folder: temporaryFolder('drills'),
    ...changes,
  };
}

/** A place on a server of the operator's, as verify's configuration has it from a URL and a password beside it. */
export function serverPlace({ user, host, port, password = '' }: ConnectionTarget): DrillPlace {
  const { drillPlace } = readVerifyConfig({
    DRILL_DATABASE_URL: `postgres://${user}@${host}:${port}`,
    DRILL_DATABASE_PASSWORD: password,
  });
  return drillPlace ?? expect.unreachable('drills are on by default');
}

/** Expects no file and no process of a drill to be left. */
export function expectNothingLeft({ folder }: Pick<DrillPlace, 'folder'>): void {
  expect(readdirSync(folder)).toEqual([]);
  expect(processesIn(folder)).toEqual([]);
}

export interface DrillProcess {
  readonly pid: number;
  /** Its command line, or what a session of PostgreSQL says that it does. */
  readonly title: string;
}

/** The processes that work in a drill's folder or on something in it. */
export function processesIn(folder: string): DrillProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const title = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        const inside = title.includes(folder) || readlinkSync(`/proc/${pid}/cwd`).startsWith(folder);
        return inside ? [{ pid: Number(pid), title }] : [];
      } catch {
        return []; // it has ended meanwhile
      }
    });
}

/** Waits until such a process of the drill is there. */
export function processOfDrill({ folder }: DrillPlace, title: RegExp): Promise<DrillProcess> {
  const find = () => {
    const found = processesIn(folder).find((one) => title.test(one.title));
    if (found === undefined) throw new Error(`no process ${title} in ${folder}`);
    return found;
  };
  return vi.waitFor(find, { timeout: 60_000, interval: 100 });
}

/** An installation whose server can write no file larger than this: its disk is full as far as it can tell. */
export function limitedInstallation(fileBytes: number): string {
  return installationThat({ postgres: `ulimit -f ${Math.floor(fileBytes / 512)}` });
}

/** An installation whose server writes down every statement. */
export function loggingInstallation(): { readonly installation: string; statements(): string } {
  const file = path.join(temporaryFolder('log'), 'statements');
  writeFileSync(file, '');
  for (const [at, mode] of [
    [path.dirname(file), 0o755],
    [file, 0o666],
  ] as const)
    chmodSync(at, mode);
  const installation = installationThat({ postgres: `set -- "$@" -c log_statement=all; exec 2>> '${file}'` });
  return { installation, statements: () => readFileSync(file, 'utf8') };
}

/** An installation whose programs do something first, in shell: `exit 1` and there is nothing else. */
export function installationThat(first: { readonly initdb?: string; readonly postgres?: string }): string {
  const real = quickInstallation(embeddedPostgres());
  const folder = temporaryFolder('limited');
  mkdirSync(path.join(folder, 'bin'));
  for (const name of ['lib', 'share']) symlinkSync(path.join(real, name), path.join(folder, name));
  for (const name of ['initdb', 'postgres'] as const) {
    const file = path.join(folder, 'bin', name);
    writeFileSync(file, `#!/bin/sh\n${first[name] ?? ''}\nexec '${path.join(real, 'bin', name)}' "$@"\n`);
    chmodSync(file, 0o755);
  }
  chmodSync(folder, 0o755);
  return folder;
}

function temporaryFolder(name: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), `pgvouch-${name}-`));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
