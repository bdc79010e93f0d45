import path from 'node:path';
import type { WriteStream } from 'node:tty';
import pino, { type Logger } from 'pino';
import { textOf } from '../../layers/backup/errors.ts';
import type { ClientPrograms } from '../../layers/postgres/programs/client-programs.ts';
import { identitiesIn, identityTextIn } from '../../layers/seal/config.ts';
import type { Identities } from '../../layers/seal/identities.ts';
import { type Environment, readEnvironment, type SecretSource } from '../../layers/settings/environment.ts';
import { VARIABLES } from '../../layers/settings/variables.ts';
import { readVaultConfig } from '../../layers/vault/config.ts';
import { openVault, type Vault } from '../../layers/vault/vault.ts';
import { formatLogLine } from '../../layers/words/log-line.ts';
import { openTerminal, type Terminal } from '../../layers/words/terminal.ts';
import { clientFolders } from '../host/set-up/clients.ts';
import { commandEnvironment } from './environment.ts';

/** What a command works with. */
export interface Session {
  /** As set, with the local stack's servers in place of what is not. */
  readonly env: Environment;
  /** As set. */
  readonly ownEnv: Environment;
  /** Whether the local stack's servers stand in. */
  readonly local: boolean;
  /** Aborts at Ctrl-C. */
  readonly signal: AbortSignal;
  /** Progress and remarks, on stderr. */
  readonly terminal: Terminal;
  /** Silent unless `LOG_LEVEL` is set: what matters, commands print. */
  readonly log: Logger;
  readonly now: () => Date;
  /** The result, on stdout. */
  print(text: string): void;
  printJson(value: unknown): void;
  vault(): Vault;
  /**
   * Whoever opens what is sealed.
   *
   * @param file - what `--identity` names; by default what is configured
   */
  identities(file?: string): Identities;
  /** The text of those; undefined if there are none. */
  identityText(file?: string): Promise<string | undefined>;
  /** PostgreSQL's client programs, brought if they are not there; the value of `PG_CLIENT_DIR`. */
  clientDir(): Promise<string>;
  clientPrograms(): Promise<readonly ClientPrograms[]>;
  /** Where what is brought is kept. */
  readonly cacheDir: string;
  /** How this program was started: Node.js and its file. */
  readonly program: readonly string[];
}

/** What commands say of `--identity`. */
export const IDENTITY_OPTION =
  'the file with the identity that opens sealed backups, as pgvouch keys new or age-keygen wrote it';

/** Runs a command's work; what it resolves to is the exit code. */
export interface Run {
  /** For the server that is meant. @throws {@link ConfigError} if nobody says which of several */
  (work: (session: Session) => Promise<number>): Promise<void>;
  /** The same; for each of several if nobody says which. @param answer - what the JSON calls its answer: `backups` */
  forEach(answer: string, work: (session: Session) => Promise<number>): Promise<void>;
}

/** Where a command runs. */
export interface Surroundings {
  readonly stdout: { write(text: string): unknown };
  /** Bars are drawn on it if it is a terminal. */
  readonly stderr: NodeJS.WriteStream;
  readonly signal: AbortSignal;
  /** For a command that takes longer than others to end in order after the signal. */
  readonly onLongLeave?: (ms: number) => void;
}

export function openSession(
  ownEnv: Environment,
  program: readonly string[],
  { stdout, stderr, signal }: Surroundings,
): Session {
  const env = commandEnvironment(ownEnv);
  const terminal = openTerminal(stderr as WriteStream);
  const cacheDir = path.resolve(env.PGVOUCH_CACHE_DIR || env.PGVOUCH_STATE_DIR || VARIABLES.PGVOUCH_STATE_DIR.default);
  const place = { clientDir: env.PG_CLIENT_DIR || undefined, cacheDir, debianMirror: env.DEBIAN_MIRROR || undefined };
  const clients = async () => {
    const found = await clientFolders(place, terminal.progress, signal);
    if (found.remark !== undefined) terminal.line(`! ${found.remark}`);
    return found;
  };
  const identitySource = (file: string | undefined): SecretSource | undefined => {
    if (file !== undefined) return { name: '--identity', file: path.resolve(file) };
    const read = readEnvironment(env, 'the identity');
    const source = read.secret('BACKUP_AGE_IDENTITY');
    read.done();
    return source;
  };
  const print = (text: string) => void stdout.write(`${text}\n`);
  return {
    ...{ env, ownEnv, local: env !== ownEnv, signal, terminal, print, cacheDir, program },
    log: openLog(env.LOG_LEVEL || 'silent', terminal),
    now: () => new Date(),
    printJson: (value) => print(JSON.stringify(value, null, 2)),
    vault() {
      const read = readEnvironment(env, 'the bucket');
      const config = readVaultConfig(read);
      read.done();
      return openVault(config);
    },
    identities: (file) => identitiesIn(identitySource(file)),
    identityText: (file) => identityTextIn(identitySource(file)),
    clientDir: async () => (await clients()).folders,
    clientPrograms: async () => (await clients()).programs,
  };
}

function openLog(level: string, terminal: Terminal): Logger {
  const options = { level, base: null, formatters: { level: (label: string) => ({ level: label }) } };
  const serializers = { err: (error: unknown) => ({ problem: textOf(error) }) };
  const write = (line: string) => terminal.line(formatLogLine(line.trimEnd()));
  return pino({ ...options, serializers, timestamp: pino.stdTimeFunctions.isoTime }, { write });
}
