import type { Logger } from 'pino';
import * as z from 'zod';
import type { Entry } from '../../layers/backup/catalog.ts';
import { readDocument } from '../../layers/backup/document.ts';
import { retentionNotesKey } from '../../layers/backup/keys.ts';
import { retiredSchema } from '../../layers/backup/retired.ts';
import type { Backup } from '../../layers/catalog/backups.ts';
import { notedSchema, openMemory } from '../../layers/catalog/listing/memory.ts';
import type { Vault } from '../../layers/vault/vault.ts';

const manifestFacts = z.object({
  attempt: z.string(),
  snapshotAt: z.iso.datetime(),
  /** Whether it holds next to nothing of what its database did; there if so. */
  fell: z.literal(true).optional(),
});

export const retentionNotesSchema = z.object({
  format: z.literal('pgvouch/retention-notes'),
  formatVersion: z.literal(1),
  /** What retention goes by of each manifest that it read. */
  manifests: notedSchema(manifestFacts),
  /** The marks that it read, whole. */
  marks: notedSchema(retiredSchema),
});

type RetentionNotes = z.infer<typeof retentionNotesSchema>;

/** What of a backup retention goes by, beside its entry. */
export interface BackupFacts extends Pick<Backup, 'retired' | 'snapshotAt'> {
  readonly attempt: string;
  readonly fell: boolean;
}

export interface Notes {
  /** What was read of a backup; undefined unless all of it is noted, of the very objects that the listing has. */
  recall(entry: Entry): BackupFacts | undefined;
  remember(backup: Backup): void;
  /** Leaves them for the next run, if they are others than were found. Never fails. */
  save(entries: readonly Entry[]): Promise<void>;
}

/** So few backups are read each time. */
const FEW = 100;

/**
 * `retention-notes.json`: what was read of backups, so that the next run need not read them again. Nobody else reads
 * it, and everything in it follows from the bucket: without it, or with one that is damaged or from another version,
 * retention reads every backup once. It decides nothing alone: see `confirm.ts`.
 *
 * @param backups - how many there are
 */
export async function openNotes(
  { vault, log }: { readonly vault: Vault; readonly log: Logger },
  backups: number,
): Promise<Notes> {
  const key = retentionNotesKey(vault.prefix);
  const manifests = openMemory<RetentionNotes['manifests'][number]['facts']>();
  const marks = openMemory<RetentionNotes['marks'][number]['facts']>();
  const isWorthIt = backups > FEW;
  let found: string | undefined;
  let notes: RetentionNotes | undefined;
  let learned = false;
  try {
    found = isWorthIt ? await vault.getText(key) : undefined;
    notes = found === undefined ? undefined : readDocument(retentionNotesSchema, found, key);
    manifests.take(notes?.manifests ?? []);
    marks.take(notes?.marks ?? []);
  } catch (error) {
    log.warn({ err: error, key }, 'the notes of former runs cannot be read: every backup is read');
  }
  return {
    recall({ manifest, retired }) {
      const facts = manifest && manifests.recall(manifest);
      const mark = retired && marks.recall(retired);
      if (facts === undefined || (retired !== undefined && mark === undefined)) return undefined;
      const { attempt, snapshotAt, fell = false } = facts;
      return { attempt, snapshotAt: new Date(snapshotAt), fell, retired: mark };
    },
    remember({ entry, manifest: { attempt, snapshotAt, fall }, retired }) {
      learned = true;
      if (entry.manifest) manifests.remember(entry.manifest, { attempt, snapshotAt, ...(fall && { fell: true }) });
      if (entry.retired && retired) marks.remember(entry.retired, retired);
    },
    async save(entries) {
      if (!isWorthIt) return;
      const listed = entries.flatMap(({ manifest }) => manifest ?? []);
      const marked = entries.flatMap(({ retired }) => retired ?? []);
      // Nothing new was read, and as many are noted as there are.
      if (!learned && listed.length === notes?.manifests.length && marked.length === notes.marks.length) return;
      const ofManifests = manifests.noted(listed);
      const ofMarks = marks.noted(marked);
      const made: RetentionNotes = {
        format: 'pgvouch/retention-notes',
        formatVersion: 1,
        manifests: ofManifests,
        marks: ofMarks,
      };
      const text = `${JSON.stringify(made)}\n`;
      if (text === found) return;
      await vault.put(key, text).catch((error: unknown) => {
        // They only save time: who may not write, or has a full bucket, does without.
        log.warn({ err: error, key }, 'the notes for the next run cannot be written');
      });
    },
  };
}
