import { count } from '../../../../layers/words/counts.ts';
import { fallWords } from '../../../../layers/words/fall.ts';
import { stamp } from '../../../../layers/words/instants.ts';
import { shellWord } from '../../../../layers/words/shell.ts';
import { bytes } from '../../../../layers/words/sizes.ts';
import { LIMITS } from '../../prometheus/limits.ts';
import type { DatabaseFacts, NewestFacts } from './facts.ts';
import type { Finding } from './finding.ts';

/** What a database has in the bucket: how much, how it changed, and what became of what was let go. */
export function* stockFindings(database: DatabaseFacts): Generator<Finding> {
  const { configured, newest, unreadableManifests, massRetirement, overdueRemovals, objects } = database;
  if (configured && newest?.fall) yield* fallFindings(database.name, newest, newest.fall);
  const usual = newest?.usualArchiveSizeBytes;
  if (configured && newest && usual !== undefined && newest.archiveSizeBytes < LIMITS.archiveSizeRatio * usual) {
    const text = `The newest archive has ${bytes(newest.archiveSizeBytes)}, those before it mostly ${bytes(usual)}.`;
    const hint =
      'If nobody cleaned up, rows or tables are gone: docs/runbook.md, section BackupSizeDropped, says how to keep what was there.';
    yield { level: 'attention', text, hint };
  }
  const used = newest?.timeUsedRatio ?? 0;
  if (configured && used > LIMITS.dumpTimeUsedRatio) {
    const text = `The last dump used ${Math.round(100 * used)} % of the time that it had.`;
    yield { level: 'attention', text, hint: 'docs/runbook.md, section DumpTimeShort, says how to give it more.' };
  }
  if (unreadableManifests > 0) {
    const text = `${count(unreadableManifests, 'manifest')} cannot be read: damaged, or written by a newer pgvouch.`;
    yield { level: 'attention', text, hint: 'npx pgvouch list names them; the exporter’s log says why.' };
  }
  if (massRetirement) {
    const text = 'Retention’s last run gave up more than half of the backups.';
    const hint = 'If that was not meant, correct the policy before the grace ends: the next run then takes them back.';
    yield { level: 'attention', text, hint };
  }
  if (overdueRemovals > 0) {
    const text = `${count(overdueRemovals, 'backup')} should have been removed by the bucket’s lifecycle by now.`;
    const hint = 'Look at the bucket’s lifecycle rules; if it has no tag filters, set RETENTION_REMOVAL=direct.';
    yield { level: 'attention', text, hint };
  }
  if (objects > LIMITS.objects) yield manyObjects(`${count(objects, 'object')} of it are in the bucket.`);
}

/** A proof says that what was there comes back: nothing says that it was all. */
function* fallFindings(
  name: string,
  { tables, rows }: NewestFacts,
  before: NonNullable<NewestFacts['fall']>,
): Generator<Finding> {
  const holds =
    tables === undefined
      ? 'an archive that holds next to nothing'
      : `${count(tables, 'table')} with ${count(rows ?? 0, 'row')}`;
  yield {
    level: 'trouble',
    short: 'next to nothing is left',
    text: `The newest backup has ${holds}; that of ${stamp(new Date(before.since))} UTC had ${fallWords(before)}.`,
    hint: `Retention removes nothing meanwhile. docs/runbook.md, section BackupContentsFallen, says where to look; if it is meant, run npx pgvouch accept --database ${shellWord(name)}.`,
  };
}

/** More than there should be after what retention keeps. */
export function manyObjects(text: string): Finding {
  return { level: 'attention', text, hint: 'docs/runbook.md, section BackupStorageHigh, says where to look.' };
}
