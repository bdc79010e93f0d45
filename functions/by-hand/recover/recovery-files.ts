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
/** In that folder: what was fetched ahead, in a folder for each run of the server. */
export const AHEAD_FOLDER = 'wal';
/** Beside a segment's name there: somebody is about to bring it. */
export const COMING = '.coming';
/** In the recovery folder: the pid of the process that fetches ahead. */
export const FETCHER = 'fetcher';

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

/** How long PostgreSQL waits for who fetches ahead, in looks of 20 ms: it may be frozen. */
const PATIENCE = 1_500;

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
{ read -r pid; read -r _; read -r since; } 2>/dev/null <postmaster.pid
ahead="${RECOVERY_FOLDER}/${AHEAD_FOLDER}/$pid-$since/$1"
mv "$ahead" "$2" 2>/dev/null && exit 0
looks=0
while [ ! -e "$ahead" ] && [ -e "$ahead${COMING}" ] && [ $looks -lt ${PATIENCE} ]; do
  read -r by 2>/dev/null <${RECOVERY_FOLDER}/${FETCHER} && kill -0 "$by" 2>/dev/null || break
  sleep 0.02
  looks=$((looks + 1))
done
mv "$ahead" "$2" 2>/dev/null && exit 0
${exports.join('\n')}
${command} "$1" "$2"
case $? in
${FETCH_EXIT.fetched}) exit 0 ;;
${FETCH_EXIT.notThere}) exit 1 ;;
*) exit ${FETCH_EXIT.failed} ;;
esac
`;
}

/**
 * What `recovery_end_command` does: the key to the bucket goes. Whoever still fetches ahead finds no folder to write to; if it
 * were there while it is emptied, something might be left.
 */
export const END_COMMAND = `rm -rf ${RECOVERY_FOLDER}.ended; mv ${RECOVERY_FOLDER} ${RECOVERY_FOLDER}.ended; rm -rf ${RECOVERY_FOLDER}.ended`;

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
  const line = ([name, value]: readonly [string, string]) => `${name} = '${value.replace(/['\\]/g, '$&$&')}'`;
  return ['', '# pgvouch: recovery', ...settings.map(line), ''].join('\n');
}
