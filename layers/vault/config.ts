import * as z from 'zod';
import { type EnvironmentReader, text, url, wholeNumber } from '../backup/environment.ts';

export interface VaultConfig {
  readonly bucket: string;
  /** Ends in a slash. */
  readonly prefix: string;
  readonly region: string;
  /** Set for MinIO and other servers; without it the AWS endpoint and credential chain serve. */
  readonly server:
    | { readonly endpoint: string; readonly accessKeyId: string; readonly secretAccessKey: string }
    | undefined;
  /** The most parts that the store takes in one upload. */
  readonly maxParts: number;
}

const prefix = z
  .string()
  .default('pgvouch/')
  .transform((value) => (value.endsWith('/') ? value : `${value}/`))
  .refine((value) => /^[^/][\x21-\x7e]*$/.test(value) && !value.includes('//'), {
    message:
      'must be printable ASCII without spaces, must not begin with a slash and must not contain two slashes in a row',
  });

const bucket = z
  .string()
  .default('postgres-backups')
  .refine((value) => /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(value), {
    message: "must be a bucket's name: 3 to 63 lower-case letters, digits, dots and hyphens",
  });

/** Reads `BACKUP_BUCKET`, `BACKUP_PREFIX`, `MINIO_*`, `AWS_REGION` and `UPLOAD_MAX_PARTS`. */
export function readVaultConfig(read: EnvironmentReader): VaultConfig {
  const endpoint = read.get('MINIO_ENDPOINT', url.optional());
  return {
    bucket: read.get('BACKUP_BUCKET', bucket),
    prefix: read.get('BACKUP_PREFIX', prefix),
    region: read.get('AWS_REGION', z.string().default('us-east-1')),
    server:
      endpoint === undefined
        ? undefined
        : {
            endpoint,
            accessKeyId: read.get('MINIO_ACCESS_KEY', text),
            secretAccessKey: read.get('MINIO_SECRET_KEY', text),
          },
    maxParts: read.get('UPLOAD_MAX_PARTS', wholeNumber(1, 10_000, 10_000)),
  };
}
