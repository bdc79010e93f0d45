import { randomUUID } from 'node:crypto';
import { Command } from 'commander';
import { readDumpConfig, requestOptions } from '../../functions/dump/config.ts';
import { dump } from '../../functions/dump/dump.ts';
import { raiseFall } from '../../functions/dump/raise-fall.ts';
import { DumpError, textOf } from '../../layers/backup/errors.ts';
import type { Manifest } from '../../layers/backup/manifest.ts';
import { startDeadline } from '../../layers/deadline/deadline.ts';
import { readTarget } from '../../layers/postgres/connect/read-target.ts';
import { openVault } from '../../layers/vault/vault.ts';
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
    .option('-d, --database <name>', 'back up this database, configured or not (default: all configured databases)')
    .option('--json', 'print the manifests as JSON')
    .action((options: DumpOptions) => run((session) => dumpAll(session, options)));
}

async function dumpAll(session: Session, { database, json }: DumpOptions): Promise<number> {
  const { env } = session;
  const named =
    database === undefined ? env : { ...env, POSTGRES_DB: undefined, POSTGRES_DBS: JSON.stringify([database]) };
  const config = readDumpConfig(named, { byHand: database !== undefined });
  const vault = openVault(config.vault);
  const manifests: Manifest[] = [];
  let exitCode: number = EXIT.ok;
  for (const name of config.databases) {
    const what = `dump ${name}`;
    const deps = {
      vault,
      clientPrograms: session.clientPrograms,
      target: () => readTarget(config.postgres, Date.now(), { database: name }),
      ...{ log: session.log, clock: session.now },
      // How large the archive will be nobody knows.
      onProgress: ({ sentBytes }: { sentBytes: number }) =>
        session.terminal.progress({ what, doneBytes: sentBytes, totalBytes: 0 }),
    };
    const limit = startDeadline({ getRemainingTimeInMillis: () => Number.POSITIVE_INFINITY }, what, config.timeoutMs);
    const deadline = { ...limit, signal: AbortSignal.any([limit.signal, session.signal]) };
    const firedAt = new Date(Math.floor(session.now().getTime() / 1000) * 1000);
    const request = { database: name, firedAt, attempt: randomUUID(), deadline, ...requestOptions(config, name) };
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

function describe({ database, firedAt, archive, tables, durationMs, leftOut, remarks = [] }: Manifest): string {
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  const name = backupName({ database, firedAt: new Date(firedAt) });
  const holds = `${count(tables.length, 'table')} with ${count(rows, 'row')}`;
  const head = `${name}: ${bytes(archive.sizeBytes)} in ${duration(durationMs)}, ${holds}; not verified yet`;
  return [head, ...[...describeLeftOut(leftOut), ...remarks.map(({ text }) => text)].map((line) => `  ${line}`)].join(
    '\n',
  );
}
