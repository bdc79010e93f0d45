import { chmodSync, chownSync, copyFileSync } from 'node:fs';
import path from 'node:path';
import { NOBODY } from '../../../layers/postgres/places/daemon.ts';

/** Certificates for 127.0.0.1, and who signed them. */
export const TLS = path.resolve(import.meta.dirname, '../../fixtures/tls');

/**
 * The settings of a server that speaks TLS.
 *
 * @param folder - gets a copy of the key, which only the server's user may read
 */
export function serverTls(folder: string): Record<string, string> {
  chmodSync(folder, 0o755);
  const key = path.join(folder, 'server.key');
  copyFileSync(path.join(TLS, 'server.key'), key);
  chmodSync(key, 0o600);
  if (process.getuid?.() === 0) chownSync(key, NOBODY, NOBODY);
  return { ssl: 'on', ssl_cert_file: path.join(TLS, 'server.pem'), ssl_key_file: key };
}
