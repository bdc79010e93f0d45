import { chmodSync, chownSync, copyFileSync } from 'node:fs';
import path from 'node:path';
import { NOBODY } from '../../../layers/postgres/places/daemon.ts';

/** Certificates for 127.0.0.1, and who signed them. */
export const TLS = path.resolve(import.meta.dirname, '../../fixtures/tls');

/**
 * The settings of a server that speaks TLS.
 *
 * @param folder - gets a copy of the key, which only the server's user may read
 * @param name - of its certificate, among the fixtures
 */
export function serverTls(folder: string, name = 'server'): Record<string, string> {
  chmodSync(folder, 0o755);
  const key = path.join(folder, 'server.key');
  copyFileSync(path.join(TLS, `${name}.key`), key);
  chmodSync(key, 0o600);
  if (process.getuid?.() === 0) chownSync(key, NOBODY, NOBODY);
  return { ssl: 'on', ssl_cert_file: path.join(TLS, `${name}.pem`), ssl_key_file: key };
}
