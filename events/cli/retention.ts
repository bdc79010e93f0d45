import { Command } from 'commander';
import { readRetentionConfigs } from '../../functions/retention/config.ts';
import { type RetentionOutcome, retain } from '../../functions/retention/retention.ts';
import type { Decision } from '../../functions/retention/run.ts';
import { formatFiredAt } from '../../layers/backup/instant.ts';
import { openVault } from '../../layers/vault/vault.ts';
import { formatColumns } from '../../layers/words/columns.ts';
import { count } from '../../layers/words/counts.ts';
import { shellWord } from '../../layers/words/shell.ts';
import { EXIT } from './exit-code.ts';
import type { Run, Session } from './session.ts';

interface RetentionOptions {
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** `retention`: what the schedule does daily, now; or only what it would do. */
export function retentionCommand(run: Run): Command {
  return new Command('retention')
    .description('retire the backups that the policy does not keep, and remove those whose grace period is over')
    .option('--dry-run', 'only show what would be done, and why')
    .option('--json', 'print JSON')
    .action((options: RetentionOptions) => run((session) => runRetention(session, options)));
}

async function runRetention(session: Session, { dryRun = false, json }: RetentionOptions): Promise<number> {
  const config = readRetentionConfigs(session.env);
  const deps = { vault: openVault(config.vault), log: session.log };
  const outcome = await retain(deps, { ...config, dryRun: config.dryRun || dryRun, now: session.now() });
  if (json) session.printJson(outcome);
  else session.print(describe(outcome));
  return EXIT.ok;
}

function describe({ report, decisions }: RetentionOutcome): string {
  const sum = (of: 'kept' | 'retired' | 'waiting' | 'removed' | 'undone') =>
    report.databases.reduce((total, database) => total + database[of], 0);
  const swept = decisions.filter(({ action }) => action === 'sweep').length;
  const figures = `${sum('kept')} kept, ${sum('retired')} retired, ${sum('waiting')} waiting, ${sum('removed')} removed`;
  const much = report.databases
    .filter(({ massRetirement }) => massRetirement)
    .map(
      ({ database }) =>
        `! ${database}: this retires more than half of the backups; correct the policy if that is not intended`,
    );
  const held = report.databases
    .filter((one) => one.held)
    .map(
      ({ database }) =>
        `! ${database}: the newest backup holds next to nothing of what was there, so nothing goes; if that is meant, run pgvouch accept --database ${shellWord(database)}`,
    );
  const table = formatColumns([{ name: 'WHAT' }, { name: '' }, { name: 'WHY' }], decisions.map(row));
  const clusters = (report.clusters ?? []).map(
    ({ systemIdentifier, serverName, kept, retired, waiting, removed, removedWal }) =>
      `cluster ${serverName ?? systemIdentifier}: ${kept} base backups kept, ${retired} retired, ${waiting} waiting, ${removed} removed, ${count(removedWal, 'object')} of WAL removed`,
  );
  return [
    ...(decisions.length > 0 ? [table, ''] : []),
    `${figures}, ${sum('undone')} undone, ${count(swept, 'stale object')} swept`,
    ...clusters,
    ...much,
    ...held,
    ...(report.dryRun ? ['dry run: nothing was written'] : []),
  ].join('\n');
}

function row({ action, reasons, ...what }: Decision): string[] {
  return [action, nameOf(what), reasons.join(', ')];
}

function nameOf({ database, firedAt, systemIdentifier, startedAt, wal, key }: Omit<Decision, 'action' | 'reasons'>) {
  if (key !== undefined) return key;
  const stamp = (text: string) => formatFiredAt(new Date(text));
  if (startedAt !== undefined) return `base backup ${systemIdentifier}/${stamp(startedAt)}`;
  if (wal !== undefined) return `${count(wal.objects, 'object')} of WAL ${systemIdentifier}/${wal.from} to ${wal.to}`;
  return firedAt === undefined ? (database ?? '') : `${database}/${stamp(firedAt)}`;
}
