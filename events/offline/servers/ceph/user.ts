import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CephHome, runCeph } from './programs.ts';

export interface S3Credentials {
  readonly accessKey: string;
  readonly secretKey: string;
}

/**
 * Gives the gateway its one user with these keys, and takes all others from it.
 *
 * By way of its stored record, which goes through standard input: `user create` takes the secret as an argument,
 * where everybody on the machine could read it. What is there already is left alone, because this takes a second.
 */
export async function ensureUser(home: CephHome, keys: S3Credentials, signal: AbortSignal): Promise<void> {
  const marker = join(home.dataDir, 'user.sha256');
  const fingerprint = createHash('sha256').update(JSON.stringify(keys)).digest('hex');
  if ((await readFile(marker, 'utf8').catch(() => '')) === fingerprint) return;
  const user = {
    user_id: 'pgvouch',
    display_name: 'pgvouch',
    email: '',
    suspended: 0,
    max_buckets: 100_000,
    subusers: [],
    keys: [{ user: 'pgvouch', access_key: keys.accessKey, secret_key: keys.secretKey }],
    swift_keys: [],
    caps: [],
    op_mask: 'read, write, delete',
    type: 'rgw',
  };
  const mtime = new Date().toISOString();
  const input = JSON.stringify({
    key: 'user:pgvouch',
    ver: { tag: fingerprint.slice(0, 24), ver: 1 },
    mtime,
    data: user,
  });
  await runCeph(home, 'radosgw-admin', ['-n', 'client.rgw.a', 'metadata', 'put', 'user:pgvouch'], { signal, input });
  await writeFile(marker, fingerprint, { mode: 0o600 });
}
