import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { fetchAhead } from '../../functions/by-hand/recover/fetch-ahead.ts';
import { FETCH_EXIT, parseRecovery, RECOVERY_FOLDER } from '../../functions/by-hand/recover/recovery-files.ts';
import { fetchWal } from '../../functions/by-hand/recover/wal-fetch.ts';
import { readIdentities } from '../../layers/seal/config.ts';
import { withIdentities } from '../../layers/seal/opening-vault.ts';
import { readEnvironment } from '../../layers/settings/environment.ts';
import { readVaultConfig } from '../../layers/vault/config.ts';
import { openVault } from '../../layers/vault/vault.ts';
import { describeFailure, EXIT } from './exit-code.ts';
import { startDetached } from './own-process.ts';

/** What it needs of a session. */
interface FetchSession {
  readonly signal: AbortSignal;
  readonly terminal: { line(text: string): void };
  /** How this program was started: Node.js and its file. */
  readonly program: readonly string[];
}

/** `wal-fetch`: what PostgreSQL calls while a cluster recovers that `restore --to-dir` has brought. */
export function walFetchCommand(run: (work: (session: FetchSession) => Promise<number>) => Promise<void>): Command {
  return new Command('wal-fetch')
    .description('fetch a file of WAL; PostgreSQL calls it while a restored cluster recovers')
    .argument('<file>', 'what restore_command has as %f')
    .argument('[path]', 'what restore_command has as %p')
    .option('--recovery <folder>', 'what restore --to-dir made in the data directory', RECOVERY_FOLDER)
    .option('--ahead', 'fetch what comes after the file, until the server has recovered; wal-fetch starts it itself')
    .addHelpText(
      'after',
      `\nExit codes: ${FETCH_EXIT.fetched} fetched, ${FETCH_EXIT.notThere} not there, ${FETCH_EXIT.failed} failed, so that PostgreSQL does not take it for the end`,
    )
    .action((file: string, target: string | undefined, { recovery, ahead }: Options, command: Command) => {
      if (ahead) return run((session) => fetchOn(session, file, recovery));
      if (target === undefined) return command.error("error: missing required argument 'path'");
      return run((session) => fetchOne(session, file, target, recovery));
    });
}

interface Options {
  readonly recovery: string;
  readonly ahead?: boolean;
}

async function fetchOne(session: FetchSession, file: string, target: string, folder: string): Promise<number> {
  const { signal, program, terminal } = session;
  try {
    const startAhead = () => startDetached([...program, 'wal-fetch', '--recovery', folder, '--ahead', file]);
    const fetched = await fetchWal({ ...openSource(folder), folder, file, target, startAhead, signal });
    return fetched ? FETCH_EXIT.fetched : FETCH_EXIT.notThere;
  } catch (error) {
    terminal.line(describeFailure(error, { debug: false, local: false }));
    return FETCH_EXIT.failed;
  }
}

/**
 * Nobody hears it: PostgreSQL will ask for what did not come. Its exit code is never more than 1: in a container PostgreSQL
 * may be process 1, which inherits it, and takes it for one of its own that has crashed.
 *
 * @see src/backend/postmaster/postmaster.c, CleanupBackend (PostgreSQL 16 and older)
 */
async function fetchOn({ signal }: FetchSession, file: string, folder: string): Promise<number> {
  try {
    await fetchAhead({ ...openSource(folder), folder, file, pid: process.pid, signal });
    return EXIT.ok;
  } catch {
    return EXIT.failure;
  }
}

function openSource(folder: string) {
  const document = path.join(folder, 'recovery.json');
  const recovery = parseRecovery(readFileSync(document, 'utf8'), document);
  const read = readEnvironment(recovery.environment, 'the bucket');
  const config = readVaultConfig(read);
  const identities = readIdentities(read);
  read.done();
  // AWS' client finds its credentials there.
  if (config.server === undefined) Object.assign(process.env, recovery.environment);
  return { recovery, vault: withIdentities(openVault(config), identities) };
}
