import * as z from 'zod';
import { failureSchema } from '../backup/failure.ts';
import { fallSchema, manifestSchema } from '../backup/manifest.ts';
import { sealedManifestSchema } from '../backup/sealed-manifest.ts';
import { VERDICTS, verdictSchema } from '../backup/verdict.ts';

/**
 * What programs get, from `/api/v1` and from `--json`: instants in ISO 8601, sizes in bytes, positions as PostgreSQL
 * writes them, and null for what is unknown or not there.
 */
const REGISTRY = z.registry<{ id: string; description: string }>();

const instant = z.iso.datetime();
const bytes = z.int().nonnegative();
const count = z.int().nonnegative();
const verdictName = z.enum(VERDICTS);

const levelSchema = z
  .enum(['good', 'idle', 'attention', 'unknown', 'trouble'])
  .register(REGISTRY, { id: 'Level', description: 'How something stands; idle is what is not backed up any more' });

const findingSchema = z
  .object({
    level: z.enum(['note', 'attention', 'trouble']),
    text: z.string(),
    detail: z.string().nullable(),
    hint: z.string().nullable(),
  })
  .register(REGISTRY, { id: 'Finding', description: 'Something that a person should know, and what to do about it' });

/** What a listing of the bucket and a few small documents tell of a backup. */
export const backupEntrySchema = z
  .object({
    backup: z.string().describe('shop/2026-11-22T02-00-00Z'),
    database: z.string(),
    firedAt: instant,
    storedBytes: bytes.describe('All its objects in the bucket'),
    verdict: verdictName.nullable(),
    drill: z
      .object({ proved: count, pieces: count.nullable(), runs: count, startedAt: instant })
      .nullable()
      .describe('A drill in pieces that the next run of verify goes on with'),
    complete: z.boolean().describe('False once its archive is gone'),
    kept: z.boolean().describe('Whether a person pinned it'),
    retired: z
      .object({ at: instant.nullable(), removeAfter: instant.nullable(), reasons: z.array(z.string()) })
      .nullable()
      .describe('Given up by retention. Its instants are null where the mark was not read'),
  })
  .register(REGISTRY, { id: 'BackupEntry', description: 'A backup, as the listing of the bucket shows it' });

const whole = backupEntrySchema.extend({
  snapshotAt: instant.describe('The instant that its data shows'),
  ageSeconds: z.int(),
  sizeBytes: bytes.describe('Its archive'),
  server: z.string(),
  client: z.string(),
  clientOlderThanServer: z.boolean(),
  remarks: z.array(z.string()),
  leftOut: z.string().nullable().describe('What patterns left out; null if it is whole'),
  fall: fallSchema
    .nullable()
    .describe('What was held before next to nothing was left; null unless that is so and nobody has accepted it'),
});

/** One of `pgvouch list --json`. */
export const backupSchema = whole.register(REGISTRY, {
  id: 'Backup',
  description: 'A backup, with what its manifest says of it as a whole',
});

/** As `pgvouch show --json` prints it. */
export const backupDetailSchema = whole
  .extend({
    manifest: z.union([manifestSchema, sealedManifestSchema]),
    found: verdictSchema.nullable().describe('The verdict, with its reasons'),
  })
  .register(REGISTRY, { id: 'BackupDetail', description: 'A backup, with its whole manifest and verdict' });

export const databaseSchema = z
  .object({
    database: z.string(),
    configured: z.boolean().describe('False if only the bucket knows it'),
    goneSince: instant.nullable().describe('Since when the server has it no more, if POSTGRES_DBS has patterns'),
    level: levelSchema,
    headline: z.string().describe('restorable, 6 h ago'),
    findings: z.array(findingSchema).describe('The worst first'),
    newest: backupEntrySchema.nullable(),
    oldestRestorableAt: instant.nullable().describe('The instant that the oldest restorable backup shows'),
    restoreSeconds: z.number().nonnegative().nullable().describe('How long the last trial restore took'),
    backups: count.nullable(),
    failures: count,
    lastFailureAt: instant.nullable(),
  })
  .register(REGISTRY, { id: 'Database', description: 'How a database stands' });

const windowSchema = z.object({ from: instant, to: instant, endsInGap: z.boolean() });

const clusterFields = {
  systemIdentifier: z.string(),
  server: z.string().nullable(),
  timeline: count.nullable(),
  windows: z.array(windowSchema).describe('To every second of them it can be recovered, oldest first'),
  rpoSeconds: z
    .number()
    .nonnegative()
    .nullable()
    .describe('At most what was written in so many seconds would be lost with the server now'),
  recoveryPointAt: instant.nullable(),
  archivedTo: z.string().nullable(),
  archivedAt: instant.nullable(),
  lagBytes: z.int().nullable(),
  lastBaseAt: instant.nullable(),
  lastProvedAt: instant.nullable(),
  gaps: z
    .array(z.object({ from: z.string(), to: z.string(), open: z.boolean() }))
    .describe('Missing WAL; recovery does not get past an open one'),
  walBytes: bytes,
  baseBytes: bytes,
  slot: z
    .object({
      askedAt: instant,
      name: z.string(),
      state: z.enum(['held', 'lost', 'missing']),
      restartLsn: z.string().nullable(),
      retainedBytes: z.int().nullable(),
      limitBytes: z.int().nullable(),
      roomBytes: z.int().nullable(),
    })
    .nullable()
    .describe('As wal last found it'),
};

/** One of `pgvouch status --json`. */
export const clusterWindowsSchema = z
  .object(clusterFields)
  .register(REGISTRY, { id: 'ClusterWindows', description: 'The moments that a cluster can be recovered to' });

export const clusterSchema = z
  .object({
    ...clusterFields,
    configured: z.boolean().describe('False if its WAL is not archived any more'),
    level: levelSchema,
    headline: z.string(),
    findings: z.array(findingSchema),
  })
  .register(REGISTRY, { id: 'Cluster', description: 'How a cluster stands whose WAL is archived' });

export const refreshShapeSchema = z
  .object({
    refresh: z.string().describe('Its name in pgvouch.yaml'),
    from: z.string().describe('The database whose backups are used'),
    database: z.string().describe('The one that is replaced'),
    last: z
      .object({
        at: instant,
        outcome: z.enum(['refreshed', 'unchanged', 'failed']),
        problem: z.string().nullable(),
        hint: z.string().nullable(),
      })
      .nullable()
      .describe('How the last one ended'),
    holds: z
      .object({
        ...{ firedAt: instant, snapshotAt: instant, switchedAt: instant, masked: z.boolean() },
        durationSeconds: z.number(),
        previous: z.string().nullable().describe('What it replaced is called now'),
        remarks: z.array(z.string()),
      })
      .nullable()
      .describe('The backup that it was replaced by'),
    overdueAt: instant.nullable(),
    nextAt: instant.nullable(),
  })
  .register(REGISTRY, { id: 'Refresh', description: 'A database elsewhere that is refreshed from backups' });

export const failureRecordSchema = failureSchema.register(REGISTRY, {
  id: 'Failure',
  description: 'A function that failed for good, as notify wrote it down',
});

const serverFields = {
  server: z.string().nullable().describe('Its name in pgvouch.yaml; null if it has none'),
  observedAt: instant.describe('When the bucket was looked at'),
  vaultUp: z.boolean().describe('Whether the bucket answered everything that it was asked'),
  level: levelSchema,
  title: z.string().describe('All is well'),
  lead: z.string(),
};

export const serverSchema = z
  .object(serverFields)
  .register(REGISTRY, { id: 'Server', description: 'How a server stands, in short' });

export const statusSchema = z
  .object({
    version: z.string().describe('Of pgvouch'),
    ...serverFields,
    schedule: z.object({ previousAt: instant.nullable(), nextAt: instant.nullable() }),
    retention: z.object({
      lastRunAt: instant.nullable(),
      problems: z.array(z.string()),
      removes: z.boolean().nullable().describe("Whether the bucket's lifecycle removes what retention tags"),
    }),
    findings: z.array(findingSchema).describe('What belongs to no database'),
    databases: z.array(databaseSchema).describe('The worst first'),
    clusters: z.array(clusterSchema),
    refreshes: z.array(refreshShapeSchema),
  })
  .register(REGISTRY, { id: 'Status', description: 'How everything stands: what the status page says' });

export const errorSchema = z
  .object({ error: z.string() })
  .register(REGISTRY, { id: 'Error', description: 'Why there is no answer' });

export type BackupEntryShape = z.infer<typeof backupEntrySchema>;
export type BackupShape = z.infer<typeof backupSchema>;
export type BackupDetailShape = z.infer<typeof backupDetailSchema>;
export type FindingShape = z.infer<typeof findingSchema>;
export type DatabaseShape = z.infer<typeof databaseSchema>;
export type ClusterWindowsShape = z.infer<typeof clusterWindowsSchema>;
export type RefreshShape = z.infer<typeof refreshShapeSchema>;
export type ClusterShape = z.infer<typeof clusterSchema>;
export type ServerShape = z.infer<typeof serverSchema>;
export type StatusShape = z.infer<typeof statusSchema>;

/** All of them as JSON Schema 2020-12, by name, each pointing to the others where they lie in an OpenAPI document. */
export function jsonSchemas(): Record<string, unknown> {
  const uri = (id: string) => `#/components/schemas/${id}`;
  const { schemas } = z.toJSONSchema(REGISTRY, { uri, unrepresentable: 'any' });
  return Object.fromEntries(Object.entries(schemas).map(([id, { $schema: _, $id: __, ...schema }]) => [id, schema]));
}
