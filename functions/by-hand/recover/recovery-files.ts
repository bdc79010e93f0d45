import * as z from 'zod';
import { readDocument } from '../../../layers/backup/document.ts';
import { segmentSizeSchema, systemIdentifierSchema } from '../../../layers/wal/cluster.ts';
import { formatLsn, lsnSchema } from '../../../layers/wal/lsn.ts';
import type { RecoveryPlan } from '../../../layers/wal/recovery-plan.ts';
import { settingsOfPlan } from '../../../layers/wal/recovery-settings.ts';
import { shellWord } from '../../../layers/words/shell.ts';
import type { RecoverRequest } from './request.ts';

/** In the data directory, until recovery has ended. */
export const RECOVERY_FOLDER = 'pgvouch-recovery';
/** In that folder: what `wal-fetch` fetched ahead. */
export const AHEAD_FOLDER = 'wal';

export const recoverySchema = z.object({
  format: z.literal('pgvouch/recovery'),
  formatVersion: z.literal(1),
  systemIdentifier: systemIdentifierSchema,
  segmentSizeBytes: segmentSizeSchema,
  /** Where the WAL that was planned with ends without a gap. */
  endsAt: lsnSchema,
  /** How the bucket is reached. */
  environment: z.record(z.string(), z.string()),
});

/** `recovery.json` in the recovery folder: what `pgvouch wal-fetch` works by. */
export type Recovery = z.infer<typeof recoverySchema>;

export function recoveryOf({ stored, plan, environment }: RecoverRequest): Recovery {
  const { systemIdentifier, segmentSizeBytes } = stored.cluster;
  const endsAt = formatLsn(plan.window.to.lsn);
  return { format: 'pgvouch/recovery', formatVersion: 1, systemIdentifier, segmentSizeBytes, endsAt, environment };
}

export function parseRecovery(text: string, file: string): Recovery {
  return readDocument(recoverySchema, text, file);
}

/** What wal-fetch says to PostgreSQL: a file that is not there may be the end of the WAL; a failure is not. */
export const FETCH_EXIT = { fetched: 0, notThere: 44, failed: 170 } as const;

/** Node.js looks at it as it starts, and never again. */
const CERTIFICATES = 'NODE_EXTRA_CA_CERTS';

/**
 * The program behind `restore_command`: takes what was fetched ahead, or has pgvouch fetch it.
 *
 * PostgreSQL takes 1 to 125 for the end of the WAL, and opens the cluster. So everything that pgvouch did not mean so
 * becomes more than that: a program that is not there, or was killed, must not end recovery early.
 *
 * @see https://www.postgresql.org/docs/current/continuous-archiving.html#BACKUP-PITR-RECOVERY
 */
export function fetchScript(pgvouch: readonly string[], environment: RecoverRequest['environment'] = {}): string {
  const command = [...pgvouch, 'wal-fetch', '--recovery', RECOVERY_FOLDER].map(shellWord).join(' ');
  const variables = {
    // What V8 compiled is kept: PostgreSQL waits for each start.
    NODE_COMPILE_CACHE: `${RECOVERY_FOLDER}/compiled`,
    ...(environment[CERTIFICATES] !== undefined && { [CERTIFICATES]: environment[CERTIFICATES] }),
  };
  const exports = Object.entries(variables).map(([name, value]) => `export ${name}=${shellWord(value)}`);
  return `#!/bin/sh
# pgvouch: PostgreSQL's restore_command, while this cluster recovers
# Timeline 1 has no history, but PostgreSQL asks for one.
[ "$1" = 00000001.history ] && exit 1
mv "${RECOVERY_FOLDER}/${AHEAD_FOLDER}/$1" "$2" 2>/dev/null && exit 0
${exports.join('\n')}
${command} "$1" "$2"
case $? in
${FETCH_EXIT.fetched}) exit 0 ;;
${FETCH_EXIT.notThere}) exit 1 ;;
*) exit ${FETCH_EXIT.failed} ;;
esac
`;
}

/** The settings of a recovery, for postgresql.auto.conf. `restoreCommand` is as in the setting. */
export function recoverySettings(
  plan: RecoveryPlan,
  knownHistory: boolean,
  { restoreCommand, endCommand }: { readonly restoreCommand: string; readonly endCommand: string },
): string {
  const settings = [
    ['restore_command', restoreCommand],
    ['recovery_end_command', endCommand],
    ...settingsOfPlan(plan, knownHistory),
  ] as const;
  const line = ([name, value]: readonly [string, string]) => `${name} = '${value.replaceAll("'", "''")}'`;
  return ['', '# pgvouch: recovery', ...settings.map(line), ''].join('\n');
}
