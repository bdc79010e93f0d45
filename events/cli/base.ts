import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Command } from 'commander';
import type { BaseAnswer } from '../../functions/base/answer.ts';
import { base } from '../../functions/base/base.ts';
import { readBaseConfig } from '../../functions/base/config.ts';
import { startDeadline } from '../../layers/deadline/deadline.ts';
import { readTarget, WALSENDER } from '../../layers/postgres/connect/read-target.ts';
import { openVault } from '../../layers/vault/vault.ts';
import { stampUtc } from '../../layers/words/instants.ts';
import { bytes } from '../../layers/words/sizes.ts';
import { EXIT } from './exit-code.ts';
import type { Run, Session } from './session.ts';

interface BaseOptions {
  readonly incremental?: boolean;
  readonly json?: boolean;
}

/** `base`: a base backup of the whole cluster now. */
export function baseCommand(run: Run): Command {
  return new Command('base')
    .description('take a base backup of the whole cluster now, for recovery to any later moment (PITR)')
    .option('--incremental', 'only what has changed since the last one: PostgreSQL 17 and newer')
    .option('--json', 'print its document as JSON')
    .action((options: BaseOptions) => run((session) => takeBase(session, options)));
}

async function takeBase(session: Session, { incremental = false, json }: BaseOptions): Promise<number> {
  const { env, terminal, log, now } = session;
  const config = readBaseConfig(env, { byHand: true });
  const what = 'base backup';
  const deps = {
    ...{
      vault: openVault(config.vault),
      recipients: config.recipients,
      target: () => readTarget(config.postgres, Date.now(), WALSENDER),
      log,
      clock: now,
    },
    onProgress: ({ doneBytes, totalBytes }: { doneBytes: number; totalBytes: number }) =>
      terminal.progress({ what, doneBytes, totalBytes }),
  };
  // Nobody ends it but whoever started it.
  const limit = startDeadline({ getRemainingTimeInMillis: () => LONGEST_MS }, 'take a base backup');
  const deadline = { ...limit, signal: AbortSignal.any([limit.signal, session.signal]) };
  // Its name has whole seconds: another one in the same second would be answered with this one.
  const startedAt = new Date(Math.ceil(now().getTime() / 1000) * 1000);
  const { signal } = deadline;
  await delay(startedAt.getTime() - now().getTime(), undefined, { signal }).catch(() => signal.throwIfAborted());
  const request = {
    ...{ startedAt, attempt: randomUUID(), deadline },
    ...{ kind: incremental ? ('incremental' as const) : ('full' as const) },
    ...{ slot: config.slot, windowDays: config.windowDays },
  };
  const answer = await base(deps, request).finally(() => {
    limit.clear();
    terminal.finished(what);
  });
  if (json) session.printJson(answer);
  else session.print(describe(answer));
  return answer.outcome === 'skipped' ? EXIT.usage : EXIT.ok;
}

/** What a timer can be set to. */
const LONGEST_MS = 2 ** 31 - 1;

function describe(answer: BaseAnswer): string {
  if (answer.outcome === 'skipped') return `no base backup was taken: ${answer.why}`;
  const { parent, contentBytes, tablespaces, stoppedAt, systemIdentifier } = answer;
  const storedBytes = tablespaces.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const kind = parent === undefined ? 'full base backup' : `base backup, an increment of the one of ${parent}`;
  const size = `${bytes(contentBytes)}, ${bytes(storedBytes)} as stored`;
  return `${kind} of cluster ${systemIdentifier}: ${size}. It can be recovered to any moment from ${stampUtc(new Date(stoppedAt))} on`;
}
