import { Command } from 'commander';
import { clusterWindows, type SeenCluster } from '../../layers/api/cluster-shape.ts';
import { mapBounded } from '../../layers/backup/map-bounded.ts';
import { findCluster, readCluster, readClusters } from '../../layers/catalog/read-cluster.ts';
import { readWalStatus } from '../../layers/catalog/read-wal-status.ts';
import type { Gap } from '../../layers/wal/coverage.ts';
import { formatLsn } from '../../layers/wal/lsn.ts';
import { lossMs, standingOf } from '../../layers/wal/standing.ts';
import { retainedBytes, type WalStatus } from '../../layers/wal/wal-status.ts';
import type { Window } from '../../layers/wal/windows.ts';
import { formatTable } from '../../layers/words/columns.ts';
import { stampUtc } from '../../layers/words/instants.ts';
import { bytes } from '../../layers/words/sizes.ts';
import { ago, span } from '../../layers/words/spans.ts';
import { EXIT } from './exit-code.ts';
import type { Run, Session } from './session.ts';

interface StatusOptions {
  readonly cluster?: string;
  readonly json?: boolean;
}

/** `status`: to which moments each server can be recovered, and what would be lost now. */
export function statusCommand(run: Run): Command {
  return new Command('status')
    .description('to which moments each server can be recovered (PITR)')
    .option('--cluster <name>', 'only this one: its system identifier, or the name of its server')
    .option('--json', 'print JSON')
    .action((options: StatusOptions) => run.forEach('clusters', (session) => status(session, options)));
}

/** Requests under way at once. */
const CONCURRENCY = 4;

async function status(session: Session, { cluster: name, json }: StatusOptions): Promise<number> {
  const { signal } = session;
  const vault = session.vault();
  const clusters = name === undefined ? await readClusters(vault, signal) : [await findCluster(vault, name, signal)];
  const seen = await mapBounded(clusters, CONCURRENCY, async (cluster): Promise<SeenCluster> => {
    const left = await readWalStatus(vault, cluster.systemIdentifier, signal);
    return { cluster, standing: standingOf(await readCluster(vault, cluster, signal), left), left };
  });
  const now = session.now();
  if (json) session.printJson(seen.map((one) => clusterWindows(one, now)));
  else if (seen.length === 0) session.print(`no cluster's WAL is stored in ${vault.bucket}/${vault.prefix}`);
  else session.print(seen.map((one) => described(one, now)).join('\n\n'));
  return EXIT.ok;
}

type Row = readonly [string, string];

function described({ cluster, standing, left }: SeenCluster, now: Date): string {
  const { recoveryPointAt, archivedAt, lastBase, lastProved, windows, gaps, openGaps, walBytes, baseBytes } = standing;
  const { serverName, systemIdentifier } = cluster;
  const when = (at: Date | undefined, never: string) => (at ? `${stampUtc(at)}, ${ago(at, now)}` : never);
  const nothing: Row = ['can go back to', 'nothing: no base backup has the WAL that it needs'];
  const slot: Row[] = left ? [['slot', slotWords(left)]] : [];
  const rows: Row[] = [
    ...(windows.length > 0 ? windows.map(wayBack) : [nothing]),
    ['RPO now', recoveryPointAt ? `at most ${span(lossMs(recoveryPointAt, now))}` : 'unknown'],
    ['newest WAL', when(archivedAt, 'none')],
    ['newest base', when(lastBase?.stoppedAt, 'none that recovery can begin with')],
    ['last proved', when(lastProved?.verdictAt, 'never')],
    ['gaps', gaps.length === 0 ? 'none' : gaps.map((gap) => gapWords(gap, openGaps.includes(gap))).join('; ')],
    ['in the bucket', `${bytes(walBytes)} of WAL, ${bytes(baseBytes)} of base backups`],
    ...slot,
  ];
  return `${serverName === undefined ? systemIdentifier : `${serverName} (${systemIdentifier})`}\n${formatTable(rows)}`;
}

function wayBack({ from, to, endsInGap }: Window, index: number): Row {
  const end = endsInGap ? ', then WAL is missing' : '';
  return [index === 0 ? 'can go back to' : '', `any second from ${stampUtc(from.at)} to ${stampUtc(to.at)}${end}`];
}

function gapWords({ from, to }: Gap, isOpen: boolean): string {
  return `${formatLsn(from)} to ${formatLsn(to)}${isOpen ? ' (no base backup since)' : ''}`;
}

function slotWords(left: WalStatus): string {
  const { name, state, limitBytes } = left.slot;
  const kept = retainedBytes(left);
  if (kept === undefined) return `${name} is ${state}: the server keeps no WAL for it`;
  return `${name} kept ${bytes(kept)} ${limitBytes === undefined ? 'without a limit' : `of at most ${bytes(limitBytes)}`}`;
}
