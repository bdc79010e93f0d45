import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { hydrateLinks } from '../../../layers/postgres/places/embedded-installation.ts';
import { installedMajor } from '../../../layers/postgres/places/installation.ts';

/** A folder of the run, where clusters that initdb made are kept. Set once for all workers; see global-setup.ts. */
const FOLDER_VARIABLE = 'PGVOUCH_TEST_CLUSTERS';

/** Lets {@link quickInstallation} keep clusters in a folder, for this process and all that it starts from now on. */
export function keepClustersIn(folder: string): void {
  mkdirSync(folder);
  // Servers run as another user where we are root.
  chmodSync(folder, 0o1777);
  process.env[FOLDER_VARIABLE] = folder;
}

/**
 * The same installation, but its initdb runs once for the same options, and copies what it made after that: a run makes
 * two hundred clusters, and initdb takes a second of a core. Copies have the system identifier of the first.
 *
 * @returns the installation itself where no run keeps clusters
 */
export function quickInstallation(installation: string): string {
  const kept = process.env[FOLDER_VARIABLE];
  if (kept === undefined || path.dirname(installation) === kept) return installation;
  const quick = path.join(kept, createHash('sha256').update(installation).digest('hex').slice(0, 16));
  if (!existsSync(quick)) make(quick, installation);
  return quick;
}

function make(quick: string, installation: string): void {
  hydrateLinks(installation);
  const draft = mkdtempSync(`${quick}-`);
  mkdirSync(path.join(draft, 'bin'));
  for (const part of ['lib', 'share', 'usr', 'locale'].filter((name) => existsSync(path.join(installation, name)))) {
    symlinkSync(path.join(installation, part), path.join(draft, part));
  }
  writeFileSync(path.join(draft, 'bin/postgres'), `#!/bin/sh\nexec '${installation}/bin/postgres' "$@" ${SMALL}\n`);
  const initdb = [path.join(installation, 'bin/initdb'), ...((installedMajor(installation) ?? 0) >= 16 ? LIGHT : [])];
  writeFileSync(path.join(draft, 'bin/initdb'), script(initdb, path.dirname(quick)));
  for (const part of ['.', 'bin/postgres', 'bin/initdb']) chmodSync(path.join(draft, part), 0o755);
  try {
    renameSync(draft, quick);
  } catch (error) {
    // Another worker was first.
    rmSync(draft, { recursive: true });
    if (!existsSync(quick)) throw error;
  }
}

/**
 * A drill takes an eighth of the machine's memory. To prepare a gigabyte takes a start 50 ms of a core, and each session finds its
 * way in it anew.
 */
const SMALL = '-c shared_buffers=32MB';

/** Each connection would hash its password 4096 times over, on either side: a run makes tens of thousands. */
const LIGHT = ['-c', 'scram_iterations=1'];

/** The options of initdb but for its paths, the password, and the program itself decide what it makes. */
function script(initdb: readonly string[], kept: string): string {
  const command = initdb.map((word) => `'${word}'`).join(' ');
  return `#!/bin/sh
set -e
id="${command}"
for option; do
  case "$before" in -D) data=$option option=;; esac
  case "$option" in --pwfile=*) option=$(cat "\${option#*=}");; esac
  before=$option
  id="$id $option"
done
made='${kept}'/cluster-$(printf %s "$id" | sha256sum | cut -c 1-16)
if [ ! -d "$made" ]; then
  ${command} "$@"
  # A segment of WAL is empty but for its beginning, and stays so in copies.
  cp -a --sparse=always "$data" "$made.$$"
  mv -T "$made.$$" "$made" 2>/dev/null || rm -rf "$made.$$"
  exit
fi
cp -a "$made/." "$data"
`;
}
