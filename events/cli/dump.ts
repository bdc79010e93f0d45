import { randomUUID } from 'node:crypto';
import { Command } from 'commander';
import { readDumpConfig, requestOptions } from '../../functions/dump/config.ts';
import { dump } from '../../functions/dump/dump.ts';
import { raiseFall } from '../../functions/dump/raise-fall.ts';
import { readFindConfig } from '../../functions/find/config.ts';
import { find } from '../../functions/find/find.ts';
import { DumpError, textOf } from '../../layers/backup/errors.ts';
import type { StoredManifest } from '../../layers/backup/sealed-manifest.ts';
import { startDeadline } from '../../layers/deadline/deadline.ts';
import { readTarget } from '../../layers/postgres/connect/read-target.ts';
import { perDatabase, type ReadFor } from '../../layers/settings/database-settings.ts';
import type { Environment } from '../../layers/settings/environment.ts';
import { openVault, type Vault } from '../../layers/vault/vault.ts';
import { backupName } from '../../layers/words/backup-name.ts';
import { count } from '../../layers/words/counts.ts';
import { bytes } from '../../layers/words/sizes.ts';
import { duration } from '../../layers/words/spans.ts';
import { EXIT } from './exit-code.ts';
import { describeLeftOut } from './left-out.ts';
import type { Run, Session } from './session.ts';

interface DumpOptions {
  readonly database?: string;
  readonly json?: boolean;
}

/** `dump`: a backup now, of every configured database or of one. */
export function dumpCommand(run: Run): Command {
  return new Command('dump')
    .description('take a backup now')
    .option(
      '-d, --database <name>',
      'back up this database, configured or not (default: all that are configured, or found)',
    )
    .option('--json', 'print the manifests as JSON')
    .action((options: DumpOptions) => run((session) => dumpAll(session, options)));
}

async function dumpAll(session: Session, { database, json }: DumpOptions): Promise<number> {
  const { env } = session;
  const named = database === undefined ? env : { ...env, POSTGRES_DB: database, POSTGRES_DBS: undefined };
  const read = (own: Environment, options?: ReadFor) =>
    readDumpConfig(own, { byHand: database !== undefined, ...options });
  const [config, configOf] = [read(named), perDatabase(named, read)];
  const vault = openVault(config.vault);
  const manifests: StoredManifest[] = [];
  let exitCode: number = EXIT.ok;
  // One firing, so that they share their globals.
  const firedAt = wholeSeconds(session.now());
  const databases = config.patterns ? await findNow(session, vault) : config.databases;
  for (const name of databases) {
    const what = `dump ${name}`;
    const deps = {
      ...{ vault, recipients: config.recipients },
      clientPrograms: session.clientPrograms,
      target: () => readTarget(config.postgres, Date.now(), { database: name }),
      ...{ log: session.log, clock: session.now },
      // How large the archive will be nobody knows.
      onProgress: ({ sentBytes }: { sentBytes: number }) =>
        session.terminal.progress({ what, doneBytes: sentBytes, totalBytes: 0 }),
    };
    const limit = startDeadline({ getRemainingTimeInMillis: () => Number.POSITIVE_INFINITY }, what, config.timeoutMs);
    const deadline = { ...limit, signal: AbortSignal.any([limit.signal, session.signal]) };
    const request = {
      database: name,
      firedAt,
      attempt: randomUUID(),
      deadline,
      ...requestOptions(configOf(name), name),
    };
    const manifest = await dump(deps, request).finally(() => {
      limit.clear();
      session.terminal.finished(what);
    });
    manifests.push(manifest);
    if (!json) session.print(describe(manifest));
    await raiseFall({ vault }, manifest).catch((error) => {
      if (!(error instanceof DumpError)) throw error;
      exitCode = EXIT.bad;
      session.terminal.line(`! ${textOf(error)}`);
    });
  }
  if (json) session.printJson(manifests);
  return exitCode;
}

/** Those of the server that patterns fit, as the schedule finds them. */
async function findNow(session: Session, vault: Vault): Promise<readonly string[]> {
  const { postgres, ...config } = readFindConfig(session.env);
  const limit = startDeadline({ getRemainingTimeInMillis: () => FIND_MS }, 'find databases');
  const deadline = { ...limit, signal: AbortSignal.any([limit.signal, session.signal]) };
  const target = (database: string) => readTarget(postgres, Date.now(), { database });
  const deps = { vault, target, log: session.log, clock: session.now };
  const request = { ...config, firedAt: wholeSeconds(session.now()), deadline };
  return (await find(deps, request).finally(limit.clear)).databases;
}

const FIND_MS = 300_000;

function wholeSeconds(at: Date): Date {
  return new Date(Math.floor(at.getTime() / 1000) * 1000);
}

function describe({ database, firedAt, archive, tables, durationMs, leftOut, remarks = [] }: StoredManifest): string {
  const rows = tables?.reduce((sum, table) => sum + table.rows, 0) ?? 0;
  const name = backupName({ database, firedAt: new Date(firedAt) });
  const holds = tables ? `${count(tables.length, 'table')} with ${count(rows, 'row')}` : 'sealed';
  const head = `${name}: ${bytes(archive.sizeBytes)} in ${duration(durationMs)}, ${holds}; not verified yet`;
  return [head, ...[...describeLeftOut(leftOut), ...remarks.map(({ text }) => text)].map((line) => `  ${line}`)].join(
    '\n',
  );
}
