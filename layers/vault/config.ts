import type { EnvironmentReader, SecretSource } from '../settings/environment.ts';

/** A key of the store: itself, or what holds it. */
export type StoreKey = string | SecretSource;

export interface VaultConfig {
  readonly bucket: string;
  /** Ends in a slash. */
  readonly prefix: string;
  readonly region: string;
  /** Set for MinIO and other servers; without it the AWS endpoint and credential chain serve. */
  readonly server:
    | { readonly endpoint: string; readonly accessKeyId: StoreKey; readonly secretAccessKey: StoreKey }
    | undefined;
  /** The most parts that the store takes in one upload. */
  readonly maxParts: number;
  /** Send Content-MD5 and no other checksums, for stores that refuse those. */
  readonly contentMd5?: boolean;
  /** How long the store may say nothing; a minute by default. */
  readonly answerMs?: number;
}

/** Reads `BACKUP_BUCKET`, `BACKUP_PREFIX`, `MINIO_*`, `AWS_REGION`, `UPLOAD_MAX_PARTS`, `AWS_REQUEST_CHECKSUM_CALCULATION`. */
export function readVaultConfig(read: EnvironmentReader): VaultConfig {
  const endpoint = read.get('MINIO_ENDPOINT');
  return {
    bucket: read.get('BACKUP_BUCKET'),
    prefix: read.get('BACKUP_PREFIX'),
    region: read.get('AWS_REGION'),
    server:
      endpoint === undefined
        ? undefined
        : {
            endpoint,
            accessKeyId: readKey(read, 'MINIO_ACCESS_KEY'),
            secretAccessKey: readKey(read, 'MINIO_SECRET_KEY'),
          },
    maxParts: read.get('UPLOAD_MAX_PARTS'),
    contentMd5: read.get('AWS_REQUEST_CHECKSUM_CALCULATION') === 'when_required',
  };
}

function readKey(read: EnvironmentReader, name: 'MINIO_ACCESS_KEY' | 'MINIO_SECRET_KEY'): StoreKey {
  const source = read.requiredSecret(name) ?? '';
  return typeof source === 'object' && 'value' in source ? source.value : source;
}
