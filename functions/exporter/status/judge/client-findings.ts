import { olderClient } from '../../../../layers/backup/older-client.ts';
import { span } from '../../../../layers/words/spans.ts';
import { LIMITS } from '../../prometheus/limits.ts';
import type { DatabaseFacts } from './facts.ts';
import type { Finding } from './finding.ts';

/** Whether the programs that took the newest backup are up to date. */
export function* clientFindings({ configured, newest }: DatabaseFacts, now: Date): Generator<Finding> {
  if (!configured || newest?.clientVersion === undefined) return;
  const { serverVersion, clientVersion, clientBuiltAt } = newest;
  const older = olderClient({ server: { version: serverVersion }, client: { version: clientVersion } });
  if (older) yield { level: 'attention', text: older.problem, hint: older.hint };
  const ageMs = clientBuiltAt === undefined ? 0 : now.getTime() - new Date(clientBuiltAt).getTime();
  if (ageMs > LIMITS.clientAgeMs) {
    yield {
      level: 'attention',
      text: `pg_dump ${clientVersion} was built ${span(ageMs)} ago.`,
      hint: 'PostgreSQL repairs its programs every three months: docs/runbook.md, section ClientOutdated, says how to get newer ones.',
    };
  }
}
