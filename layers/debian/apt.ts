import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ConfigError } from '../backup/errors.ts';
import type { DebianMirrors } from './debian-mirror.ts';
import { runTool } from './tool.ts';

/** One package file, as the signed index describes it. */
export interface Deb {
  readonly name: string;
  readonly version: string;
  readonly file: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** An apt of our own: its configuration, indexes and archives lie in one directory, nothing of the system is touched. */
export interface PrivateApt {
  readonly archives: string;
  /** Fetches the index and checks its signature. Rejects with apt's own words; the old index then still serves. */
  update(): Promise<void>;
  /** The files that these packages and all they depend on are made of. Rejects if the index does not have them. */
  resolve(packages: readonly string[]): Promise<Deb[]>;
  /** Those that are not in `archives` yet, or are damaged there. */
  missing(debs: readonly Deb[]): Promise<Deb[]>;
  /** Fetches the files and checks their hashes. */
  download(debs: readonly Deb[], onFraction: (fraction: number) => void): Promise<void>;
  /** Removes what other versions of these packages left behind. */
  prune(debs: readonly Deb[]): Promise<void>;
}

export interface PrivateAptOptions {
  readonly dir: string;
  readonly suite: string;
  readonly component: string;
  readonly architecture: string;
  readonly mirrors: DebianMirrors;
  readonly signal?: AbortSignal | undefined;
}

/** Sets up a private apt in a directory; no network is needed for that. @see apt.conf(5) */
export async function openPrivateApt(options: PrivateAptOptions): Promise<PrivateApt> {
  const { dir, signal } = options;
  const archives = join(dir, 'archives');
  for (const part of ['lists/partial', 'archives/partial', 'none/partial', 'empty'])
    await mkdir(join(dir, part), { recursive: true });
  await writeUnlessSame(join(dir, 'status'), '');
  await writeUnlessSame(join(dir, 'sources.list'), await sourceLines(options));
  const config = join(dir, 'apt.conf');
  await writeFile(config, [...settings(options), ...(await machineSettings(signal)), ''].join('\n'));

  async function apt(args: readonly string[], onLine?: (line: string) => void): Promise<string> {
    const env = { ...process.env, APT_CONFIG: config };
    const result = await runTool('apt-get', ['-q=2', ...args], {
      cwd: archives,
      env,
      signal,
      ...(onLine && { onLine }),
    });
    if (result.exitCode !== 0) throw new Error(complaint(result.stderr));
    return result.stdout;
  }

  return {
    archives,
    async update() {
      // Apt would make its cache of the index anew, which takes a second of a core, though the index is the same.
      await apt(['-o', 'pkgCacheFile::Generate=false', 'update']);
    },
    async resolve(packages) {
      // What lies in the archives would be left out, so it is shown none.
      const elsewhere = `Dir::Cache::archives=${join(dir, 'none')}`;
      return parseUris(await apt(['-o', elsewhere, 'install', '-y', '--print-uris', ...packages]));
    },
    async missing(debs) {
      const lacking: Deb[] = [];
      for (const deb of debs) {
        if ((await sha256(join(archives, deb.file))) === deb.sha256) continue;
        await rm(join(archives, deb.file), { force: true });
        lacking.push(deb);
      }
      return lacking;
    },
    async download(debs, onFraction) {
      const named = debs.map((deb) => `${deb.name}=${deb.version}`);
      await apt(['-o', 'APT::Status-Fd=1', 'download', ...named], (line) => {
        const percent = /^dlstatus:\d+:([\d.]+):/.exec(line)?.[1];
        if (percent !== undefined) onFraction(Number(percent) / 100);
      });
    },
    async prune(debs) {
      const current = new Set(debs.map((deb) => deb.file));
      const names = new Set(debs.map((deb) => deb.name));
      for (const file of await readdir(archives)) {
        const [name = ''] = file.split('_');
        if (names.has(name) && !current.has(file)) await rm(join(archives, file), { force: true });
      }
    },
  };
}

/** Apt makes its cache of the index anew, which takes seconds, when these files are newer. */
async function writeUnlessSame(file: string, content: string): Promise<void> {
  const there = await readFile(file, 'utf8').catch(() => undefined);
  if (there !== content) await writeFile(file, content);
}

/** `lib/ld.so: E: something went wrong` and the like, as one line. */
function complaint(stderr: string): string {
  const errors = stderr.split('\n').filter((line) => line.startsWith('E: '));
  return (
    (errors[0] ?? stderr.trim().split('\n').at(-1) ?? '').replace(/^E: /, '').replace(/\s+/g, ' ') || 'apt-get failed'
  );
}

/** The release, and what came after it: a security release that nobody fetches is as if it had never been made. */
async function sourceLines({ suite, component, architecture, mirrors }: PrivateAptOptions): Promise<string> {
  const options = `[arch=${architecture} target=Packages signed-by=${await keyring()}]`;
  return [
    `deb ${options} ${mirrors.main} ${suite} ${component}`,
    `deb ${options} ${mirrors.main} ${suite}-updates ${component}`,
    `deb ${options} ${mirrors.security} ${suite}-security ${component}`,
    '',
  ].join('\n');
}

async function keyring(): Promise<string> {
  const known = ['gpg', 'pgp'].map((ending) => `/usr/share/keyrings/debian-archive-keyring.${ending}`);
  for (const path of known) {
    const exists = await access(path).then(
      () => true,
      () => false,
    );
    if (exists) return path;
  }
  throw new ConfigError({
    operation: 'read',
    subject: known[0] ?? '',
    problem: "Debian's keys are missing, and without them no package can be trusted",
    hint: 'install debian-archive-keyring',
  });
}

/** APT_CONFIG is read before everything else, so it can also point apt away from the machine's hooks and sources. */
function settings({ dir, architecture }: PrivateAptOptions): string[] {
  const values: Record<string, string> = {
    'Dir::Etc::main': '/dev/null',
    'Dir::Etc::parts': join(dir, 'empty'),
    'Dir::Etc::sourcelist': join(dir, 'sources.list'),
    'Dir::Etc::sourceparts': join(dir, 'empty'),
    'Dir::Etc::preferences': '/dev/null',
    'Dir::Etc::preferencesparts': join(dir, 'empty'),
    'Dir::State': dir,
    'Dir::State::lists': join(dir, 'lists'),
    'Dir::State::status': join(dir, 'status'),
    'Dir::Cache': dir,
    'Dir::Cache::archives': join(dir, 'archives'),
    // Reading a release's index takes seconds, and each run of apt would: one cache of it is worth its 37 MB.
    'Dir::Cache::pkgcache': 'pkgcache.bin',
    'Dir::Cache::srcpkgcache': '',
    'Dir::Log': dir,
    'APT::Architecture': architecture,
    'APT::Architectures': architecture,
    'APT::Install-Recommends': 'false',
    // Only root can become another user, and the files here are ours.
    'APT::Sandbox::User': 'root',
    'APT::Update::Error-Mode': 'any',
    'Acquire::ForceHash': 'SHA256',
    'Acquire::GzipIndexes': 'true',
    'Acquire::Languages': 'none',
    'Acquire::Retries': '1',
    'Acquire::http::Timeout': '15',
    'Acquire::https::Timeout': '15',
  };
  return Object.entries(values).map(([name, value]) => `${name} "${value}";`);
}

/** How this machine reaches the network (proxy, certificates, time-outs) holds for us; what it trusts does not. */
async function machineSettings(signal?: AbortSignal): Promise<string[]> {
  const dump = await runTool('apt-config', ['dump', '--no-empty', '--format', '%F "%v";%n', 'Acquire'], { signal });
  const wanted = /^Acquire::(https?|ftp|tor|Force-?IPv[46]|Check-Valid-Until|Check-Date|Max-ValidTime|Retries)\b/i;
  return dump.stdout.split('\n').filter((line) => wanted.test(line));
}

/** `'uri' name_version_arch.deb size SHA256:hash`, a line for each file; the epoch's colon is escaped in the name. */
function parseUris(text: string): Deb[] {
  const debs: Deb[] = [];
  for (const [, file = '', size = '', sha = ''] of text.matchAll(
    /^'[^']+' (\S+\.deb) (\d+) SHA256:([0-9a-f]{64})$/gm,
  )) {
    const [name = '', version = ''] = file.split('_');
    debs.push({ name, version: decodeURIComponent(version), file, sizeBytes: Number(size), sha256: sha });
  }
  return debs;
}

async function sha256(path: string): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), hash);
    return hash.digest('hex');
  } catch {
    return undefined;
  }
}
