import { existsSync } from 'node:fs';
import { ConfigError, textOf } from '../backup/errors.ts';
import { DAY_MS } from '../backup/instant.ts';
import { covers, lacks, type ServerNeeds } from '../backup/server-needs.ts';
import { hostArchitecture } from '../debian/debian-packages.ts';
import { type DebianMajor, debianMajors, POSTGRESQL_SUITES } from '../debian/postgresql.ts';
import { packagesFor } from '../extensions/needs.ts';
import { type InstalledServer, readInstallation } from '../postgres/places/installation.ts';
import { useCache } from './cache-use.ts';
import { isMade, provideInstallation } from './installation.ts';
import { localeFolders } from './locale-names.ts';
import { provideLocales } from './locales.ts';

/** `exact`: no newer major will do, as for a cluster's files. They start without what extensions and locales bring. */
type Needs = ServerNeeds & { readonly exact?: boolean };

/** Where scratch servers are made of Debian packages when a backup needs more than what is at hand. */
export interface DebianScratch {
  /** Packages and servers are kept here. */
  readonly cacheDir: string;
  readonly mirror: string | undefined;
}

/** A server to start. */
export interface ChosenServer {
  readonly folder: string;
  readonly major: number;
  readonly extensions: ReadonlySet<string>;
  readonly env: Readonly<Record<string, string>>;
  /** Why it may lack something, each a sentence; empty if it has all that is known to be needed. */
  readonly remarks: readonly string[];
  /** Once it has ended: then it may be removed, if nobody else uses it. */
  release(): Promise<void>;
}

const ZONES = '/usr/share/zoneinfo';
/** An answer of Debian's that is younger serves. */
const LOOK_EVERY_MS = DAY_MS;

/**
 * Chooses the server for a drill: one at hand that has everything; else one made of Debian packages. It is of the client's
 * major, or of the next newer one that has everything. If none has, it is the nearest there is. Once making one has failed,
 * only those are considered that were made before. One that lacks what Debian has serves only a cluster's files then.
 *
 * @param folders - of installations at hand
 * @returns undefined if there is none of that major or a newer one, and none can be made
 * @throws {@link ConfigError} if none has everything because making one failed: another try may succeed
 */
export async function chooseServer(
  folders: readonly string[],
  debian: DebianScratch | undefined,
  needs: Needs,
  signal: AbortSignal,
): Promise<ChosenServer | undefined> {
  const atHand = serversAtHand(folders, needs);
  const majors = [needs.major, ...(needs.exact ? [] : newerMajors(needs.major, atHand))];
  const possible = {
    ...needs,
    extensions: obtainable(needs, debian ? majors : [], atHand),
    locales: needs.locales.filter(
      (name) => localeFolders(name).length > 0 || atHand.some((one) => one.hasLocale(name)),
    ),
  };
  let failure: { readonly cause: unknown; readonly remarks: readonly string[] } | undefined;
  const chosen = (one: InstalledServer) => ({
    ...{ ...one, env: {}, remarks: failure?.remarks ?? [] },
    release: async () => {},
  });
  for (const major of majors) {
    const fitting = atHand.find((one) => one.major === major && covers(one, possible));
    if (fitting) return chosen(fitting);
    if (debian === undefined || !isDebianMajor(major)) continue;
    const { packages, lacking } = packagesFor(possible.extensions, major);
    if (lacking.length > 0 || (failure && !(await isMade({ ...placeOf(debian, signal), major, packages })))) continue;
    try {
      const made = await makeInUse(debian, major, possible, signal);
      return { ...made, remarks: [...(failure?.remarks ?? []), ...made.remarks] };
    } catch (cause) {
      signal.throwIfAborted();
      failure ??= { cause, remarks: [`No server with all that the backup needs could be made: ${firstLine(cause)}.`] };
    }
  }
  const [nearest] = atHand;
  if (failure && !(nearest && needs.exact)) throw notMade(possible, nearest, failure.cause);
  return nearest && chosen(nearest);
}

/** It may pass, as when a mirror does not answer; a verdict would stand for weeks. */
function notMade(needs: Needs, nearest: InstalledServer | undefined, cause: unknown): ConfigError {
  const { major, exact } = needs;
  const lacking = nearest ? [...lacks(nearest, needs), ...(needs.lz4 && !nearest.lz4 ? ['lz4'] : [])] : [];
  const having = lacking.length === 0 ? '' : ` with ${lacking.join(', ')}`;
  return new ConfigError({
    operation: 'make a scratch server of',
    subject: `PostgreSQL ${major}${having}`,
    problem: firstLine(cause),
    hint: `check the network and the mirror (DEBIAN_MIRROR), or set SCRATCH_POSTGRES_DIR to an installation of PostgreSQL ${major}${exact ? '' : ' or newer'}${having}`,
    cause,
  });
}

function firstLine(error: unknown): string {
  return textOf(error).replace(/\n.*/s, '');
}

/** Of the extensions that a backup needs, the most that one server can have. Majors that come first are preferred. */
function obtainable(
  { extensions }: ServerNeeds,
  majors: readonly number[],
  atHand: readonly InstalledServer[],
): readonly string[] {
  const offers = [
    ...atHand.map((one) => extensions.filter((name) => one.extensions.has(name))),
    ...majors.filter(isDebianMajor).map((major) => {
      const { lacking } = packagesFor(extensions, major);
      return extensions.filter((name) => !lacking.includes(name));
    }),
  ];
  return offers.reduce((most, offer) => (offer.length > most.length ? offer : most), []);
}

async function makeInUse(
  debian: DebianScratch,
  major: DebianMajor,
  needs: Needs,
  signal: AbortSignal,
): Promise<ChosenServer> {
  const use = await useCache(debian.cacheDir, signal);
  try {
    return { ...(await make(debian, major, needs, signal)), release: use.end };
  } catch (error) {
    await use.end();
    throw error;
  }
}

function placeOf({ cacheDir, mirror }: DebianScratch, signal: AbortSignal) {
  return { architecture: hostArchitecture(), cacheDir, mirror, signal };
}

async function make(
  debian: DebianScratch,
  major: DebianMajor,
  needs: Needs,
  signal: AbortSignal,
): Promise<Omit<ChosenServer, 'release'>> {
  // Debian's PostgreSQL has no time zones of its own: without those of the machine, whatever names one would fail.
  if (!existsSync(ZONES)) throw new Error(`this machine has no ${ZONES}: install tzdata`);
  const place = placeOf(debian, signal);
  const { packages } = packagesFor(needs.extensions, major);
  const installation = await provideInstallation({ ...place, major, packages, lookEveryMs: LOOK_EVERY_MS });
  const { folder } = installation;
  const libc = installation.packages.find(({ name }) => name === 'libc6')?.version;
  const suite = POSTGRESQL_SUITES[major];
  const locales = await provideLocales({ ...place, suite, libc, names: needs.locales });
  const server = readInstallation(folder);
  if (server === undefined) throw new Error(`${folder} has no server`);
  const { lacking, failure } = locales;
  const why = lacking.length > 0 && failure !== undefined ? `Locales could not be had: ${failure}` : undefined;
  if (why !== undefined && !needs.exact) throw new Error(why);
  const remarks = why === undefined ? [] : [`${why}.`];
  return { ...server, env: { LOCPATH: locales.folder }, remarks };
}

/** The oldest first. */
function serversAtHand(folders: readonly string[], needs: Pick<Needs, 'major' | 'exact'>): InstalledServer[] {
  const isOfMajor = ({ major }: InstalledServer) => (needs.exact ? major === needs.major : major >= needs.major);
  return folders
    .map(readInstallation)
    .filter((one): one is InstalledServer => one !== undefined && isOfMajor(one))
    .sort((a, b) => a.major - b.major);
}

/**
 * The extensions and locales that every server at hand lacks for a backup, or the one that lacks fewest.
 *
 * @returns none if no server at hand is of its major or a newer one
 */
export function lacksAtHand(folders: readonly string[], needs: ServerNeeds): readonly string[] {
  const lists = serversAtHand(folders, needs).map((one) => lacks(one, needs));
  return lists.sort((a, b) => a.length - b.length)[0] ?? [];
}

function newerMajors(major: number, atHand: readonly InstalledServer[]): number[] {
  const all = [...debianMajors, ...atHand.map((one) => one.major)].filter((other) => other > major);
  return [...new Set(all)].sort((a, b) => a - b);
}

function isDebianMajor(major: number): major is DebianMajor {
  return major in POSTGRESQL_SUITES;
}
