import * as z from 'zod';
import { readDocument } from '../backup/document.ts';
import { isSegmentSize } from './segments.ts';

export const systemIdentifierSchema = z.string().regex(/^(0|[1-9]\d{0,19})$/);
export const segmentSizeSchema = z.int().refine(isSegmentSize, 'a power of two from 1 MiB to 1 GiB');

export const clusterSchema = z.object({
  format: z.literal('pgvouch/cluster'),
  formatVersion: z.literal(1),
  systemIdentifier: systemIdentifierSchema,
  segmentSizeBytes: segmentSizeSchema,
  /** Of PostgreSQL. An upgrade to another makes another cluster. */
  major: z.int().positive(),
  /** The version that wrote it, as the server says it. */
  serverVersion: z.string().optional(),
  /** `POSTGRES_SERVER_NAME`, else host and port as configured. */
  serverName: z.string().optional(),
  createdAt: z.iso.datetime(),
});

/** `cluster.json`: what is so of a cluster as long as it lives. Written once, before its first WAL. */
export type Cluster = z.infer<typeof clusterSchema>;

/** @throws {@link VaultError} if the text is not such a document, ConfigError if a newer version wrote it */
export function parseCluster(text: string, key: string): Cluster {
  return readDocument(clusterSchema, text, key);
}
