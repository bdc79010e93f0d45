import { createHash, randomBytes } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { cp, mkdir, open, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import { DAY_MS } from '../../backup/instant.ts';
import { startDaemon } from './daemon.ts';
import { CLUSTER_FORM, type ClusterOptions, initialise, SERVER_ENVIRONMENT } from './embedded-server.ts';

/**
 * Makes a cluster as initdb does, but faster where initdb has made the same one before: that is a second of a processor's
 * time, and a copy is a tenth of it. The copy that is kept lies in the installation, so that whoever could change it could
 * change the programs, too, and it goes with them.
 *
 * Not for a server that somebody backs up: copies have the same system identifier.
 *
 * @throws as {@link initialise} does
 */
export async function makeCluster(options: ClusterOptions): Promise<void> {
  const { installation, dataDir, signal } = options;
  const kept = path.join(installation, `${KEPT}${keyOf(options)}`);
  if (existsSync(path.join(kept, 'PG_VERSION')) && (await copyOf(kept, dataDir))) return markUsed(kept);
  signal?.throwIfAborted();
  await initialise(options);
  if (!existsSync(kept) && isOurs(installation)) await keep(dataDir, kept);
}

const KEPT = 'pristine-';

/** Only in folders that were made for pgvouch, by npm or by layers/scratch: not in what belongs to the system. */
function isOurs(installation: string): boolean {
  return ['pg-symlinks.json', 'installation.json'].some((name) => existsSync(path.join(installation, name)));
}

/** What initdb makes depends on: its arguments, its environment, and the locales, which it lists as collations. */
function keyOf({ env = {}, user, password }: ClusterOptions): string {
  const locales = ['/usr/lib/locale', '/usr/lib/locale/locale-archive', env.LOCPATH ?? ''].map(
    (file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0,
  );
  const all = [CLUSTER_FORM, SERVER_ENVIRONMENT, env, user, password, locales];
  return createHash('sha256').update(JSON.stringify(all)).digest('hex').slice(0, 12);
}

/** By a program that runs as the server does, so that the files are its own. */
async function copyOf(kept: string, dataDir: string): Promise<boolean> {
  const unfinished = `${dataDir}.unfinished`;
  const program = await startDaemon({
    command: 'cp',
    args: ['-R', kept, unfinished],
    env: {},
    logFile: `${dataDir}.log`,
    // Its files are for their owner alone.
    dropRoot: { entering: [path.join(kept, 'PG_VERSION')] },
  }).catch(() => undefined);
  const ended = await program?.exited;
  if (ended?.exitCode === 0) {
    await rename(unfinished, dataDir);
    return true;
  }
  await rm(unfinished, { recursive: true, force: true });
  return false;
}

/** Whole and on the disk, or not at all. Where that is not possible, initdb runs the next time, too. */
async function keep(dataDir: string, kept: string): Promise<void> {
  const unfinished = `${kept}.${randomBytes(6).toString('hex')}`;
  try {
    await mkdir(unfinished, { mode: 0o700 });
    await cp(dataDir, unfinished, { recursive: true });
    for (const file of await readdir(unfinished, { recursive: true })) await flush(path.join(unfinished, file));
    await rename(unfinished, kept);
    await removeUnused(path.dirname(kept));
  } catch {
    await rm(unfinished, { recursive: true, force: true }).catch(() => {});
  }
}

/** For so long a cluster is kept for those who want the same again. */
const UNUSED_MS = 30 * DAY_MS;

async function markUsed(kept: string): Promise<void> {
  const now = new Date();
  await utimes(kept, now, now).catch(() => {});
}

/** Locales are added to a machine, and then none is made like the ones before. One that is being copied was just used. */
async function removeUnused(installation: string): Promise<void> {
  for (const name of (await readdir(installation)).filter((one) => one.startsWith(KEPT))) {
    const kept = path.join(installation, name);
    if (Date.now() - (await stat(kept)).mtimeMs > UNUSED_MS) await rm(kept, { recursive: true, force: true });
  }
}

async function flush(file: string): Promise<void> {
  const handle = await open(file, 'r');
  await handle.sync().finally(() => handle.close());
}
