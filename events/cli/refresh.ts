import { tmpdir } from 'node:os';
import { Command } from 'commander';
import { type Refresh, readRefreshConfig } from '../../functions/refresh/config.ts';
import { refreshDeps } from '../../functions/refresh/deps.ts';
import { findRefresh } from '../../functions/refresh/find-refresh.ts';
import { planRefresh, type RefreshPlan } from '../../functions/refresh/plan.ts';
import { readRecord } from '../../functions/refresh/record.ts';
import { type Refreshed, refresh } from '../../functions/refresh/refresh.ts';
import { startDeadline } from '../../layers/deadline/deadline.ts';
import { describeHosts } from '../../layers/postgres/connect/hosts.ts';
import { openVault } from '../../layers/vault/vault.ts';
import { backupName } from '../../layers/words/backup-name.ts';
import { stampUtc } from '../../layers/words/instants.ts';
import { duration, span } from '../../layers/words/spans.ts';
import { EXIT } from './exit-code.ts';
import { describeCompared } from './restore-report.ts';
import type { Run, Session } from './session.ts';

interface RefreshOptions {
  readonly again?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** `refresh`: what its schedule does, now; or only what it would do. */
export function refreshCommand(run: Run): Command {
  return new Command('refresh')
    .description('replace a database elsewhere by the newest proved backup, as pgvouch.yaml says')
    .argument('[name]', 'which refresh of the file (default: the only one)')
    .option('--again', 'also if that backup is there already')
    .option('--dry-run', 'only show what would be done')
    .option('--json', 'print JSON')
    .action((name: string | undefined, options: RefreshOptions) =>
      run((session) => runRefresh(session, name, options)),
    );
}

async function runRefresh(session: Session, name: string | undefined, options: RefreshOptions): Promise<number> {
  const { again = false, dryRun = false, json } = options;
  const config = readRefreshConfig(session.env);
  const chosen = findRefresh(config.refreshes, name);
  const { terminal } = session;
  const what = `restore ${chosen.database}`;
  const vault = openVault(config.vault);
  const deps = {
    ...refreshDeps(config),
    ...{ vault, log: session.log, clientPrograms: session.clientPrograms, clock: session.now },
    temporaryFolder: tmpdir(),
    onProgress: ({ step, doneBytes, totalBytes }: { step: string; doneBytes: number; totalBytes: number }) => {
      if (step === 'download' || step === 'restore') terminal.progress({ what, doneBytes, totalBytes });
      else terminal.finished(what);
    },
    onStep: terminal.line,
  };
  if (dryRun) {
    const target = await deps.target(chosen);
    const plan = await planRefresh(deps, { refresh: chosen, again }, target, await readRecord(vault, chosen));
    if (json) session.printJson(planFacts(chosen, plan));
    else session.print(describePlan(chosen, plan, session.now()));
    return EXIT.ok;
  }
  const endless = { getRemainingTimeInMillis: () => Number.POSITIVE_INFINITY, signal: session.signal };
  const deadline = startDeadline(endless, `refresh ${chosen.name}`, 1000 * chosen.timeoutS);
  const refreshed = await refresh(deps, { refresh: chosen, again, deadline }).finally(() => {
    deadline.clear();
    terminal.finished(what);
  });
  if (json) session.printJson(refreshed);
  else session.print(describe(chosen, refreshed));
  return EXIT.ok;
}

function planFacts({ name, database, masking }: Refresh, { backup, isThere, kept, broken }: RefreshPlan) {
  const { firedAt, snapshotAt } = backup.manifest;
  return {
    ...{ refresh: name, database, wouldRefresh: !isThere, backup: { firedAt, snapshotAt } },
    ...{ masking: masking ?? null, wouldDrop: isThere ? broken : [...broken, ...kept] },
  };
}

function describePlan(chosen: Refresh, { backup, isThere, state, kept, broken }: RefreshPlan, now: Date): string {
  const { database, postgres, masking, keepPrevious } = chosen;
  const name = backupName(backup.entry);
  const dropped = isThere ? broken : [...broken, ...kept];
  const age = span(now.getTime() - backup.snapshotAt.getTime());
  const lines = isThere
    ? [`"${database}" has ${name} already: nothing would be done`]
    : [
        `would restore ${name} (its data is from ${stampUtc(backup.snapshotAt)}, ${age} old) into a new database on ${describeHosts(postgres.hosts)}`,
        masking === undefined ? 'would mask nothing' : `would mask it with ${masking}`,
        state.current === undefined
          ? `would call it "${database}", which does not exist yet`
          : `would call it "${database}", and ${keepPrevious ? 'put aside' : 'drop'} the one of that name`,
      ];
  return [
    ...lines,
    ...dropped.map((one) => `would drop "${one}", which an earlier refresh left`),
    'dry run: nothing was changed',
  ].join('\n');
}

function describe(chosen: Refresh, { outcome, current }: Refreshed): string {
  const { database, from, postgres, masking } = chosen;
  const name = backupName({ database: from, firedAt: new Date(current.backup.firedAt) });
  if (outcome === 'unchanged') {
    return `"${database}" has ${name} already, the newest proved backup; --again restores it once more`;
  }
  const { previous, remarks, compared, durationMs } = current;
  return [
    `"${database}" on ${describeHosts(postgres.hosts)} is ${name} now, after ${duration(durationMs)}`,
    `compared equal with the manifest: ${describeCompared(compared, false)}`,
    masking === undefined ? 'nothing was masked' : `masked by ${masking}`,
    ...(previous === null ? [] : [`the one before is "${previous}", until the next refresh`]),
    ...remarks.map((remark) => `! ${remark}`),
  ].join('\n');
}
