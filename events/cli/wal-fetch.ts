import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { FETCH_EXIT, parseRecovery, RECOVERY_FOLDER } from '../../functions/by-hand/recover/recovery-files.ts';
import { fetchWal } from '../../functions/by-hand/recover/wal-fetch.ts';
import { readEnvironment } from '../../layers/settings/environment.ts';
import { readVaultConfig } from '../../layers/vault/config.ts';
import { openVault } from '../../layers/vault/vault.ts';
import { describeFailure } from './exit-code.ts';

/** What it needs of a session. */
interface FetchSession {
  readonly signal: AbortSignal;
  readonly terminal: { line(text: string): void };
}

/** `wal-fetch`: what PostgreSQL calls while a cluster recovers that `restore --to-dir` has brought. */
export function walFetchCommand(run: (work: (session: FetchSession) => Promise<number>) => Promise<void>): Command {
  return new Command('wal-fetch')
    .description('fetch a file of WAL; PostgreSQL calls it while a restored cluster recovers')
    .argument('<file>', 'what restore_command has as %f')
    .argument('<path>', 'what restore_command has as %p')
    .option('--recovery <folder>', 'what restore --to-dir made in the data directory', RECOVERY_FOLDER)
    .addHelpText(
      'after',
      `\nExit codes: ${FETCH_EXIT.fetched} fetched, ${FETCH_EXIT.notThere} not there, ${FETCH_EXIT.failed} failed, so that PostgreSQL does not take it for the end`,
    )
    .action((file: string, target: string, options: { readonly recovery: string }) =>
      run((session) => fetchOne(session, file, target, options.recovery)),
    );
}

async function fetchOne(session: FetchSession, file: string, target: string, folder: string): Promise<number> {
  try {
    const document = path.join(folder, 'recovery.json');
    const recovery = parseRecovery(readFileSync(document, 'utf8'), document);
    const read = readEnvironment(recovery.environment, 'the bucket');
    const config = readVaultConfig(read);
    read.done();
    // AWS' client finds its credentials there.
    if (config.server === undefined) Object.assign(process.env, recovery.environment);
    const vault = openVault(config);
    const fetched = await fetchWal({ vault, recovery, folder, file, target, signal: session.signal });
    return fetched ? FETCH_EXIT.fetched : FETCH_EXIT.notThere;
  } catch (error) {
    session.terminal.line(describeFailure(error, { debug: false, local: false }));
    return FETCH_EXIT.failed;
  }
}
