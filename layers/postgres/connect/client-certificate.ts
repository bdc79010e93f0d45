import { readFileSync, type Stats, statSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { ConfigError, textOf } from '../../backup/errors.ts';
import type { EnvironmentReader } from '../../settings/environment.ts';

/** What a client shows of itself: the paths of two PEM files. */
export interface ClientCertificate {
  readonly certFile: string;
  readonly keyFile: string;
}

/** Reads `PGSSLCERT` and `PGSSLKEY`; undefined if neither is set. */
export function readClientCertificate(read: EnvironmentReader): ClientCertificate | undefined {
  const [certFile, keyFile] = [read.get('PGSSLCERT'), read.get('PGSSLKEY')];
  if (certFile === undefined && keyFile === undefined) return undefined;
  if (read.get('PGSSLMODE') === 'disable') read.problem('PGSSLCERT and PGSSLKEY need TLS, but PGSSLMODE is disable');
  if (certFile !== undefined && keyFile !== undefined) return { certFile, keyFile };
  const [set, missing] = certFile === undefined ? ['PGSSLKEY', 'PGSSLCERT'] : ['PGSSLCERT', 'PGSSLKEY'];
  read.problem(`${set} is set without ${missing}: a client certificate needs both`);
  return undefined;
}

/**
 * Reads the files, and refuses what libpq would refuse, so that no program is started with them in vain.
 *
 * @throws {@link ConfigError} naming the file
 */
export function loadClientCertificate({ certFile, keyFile }: ClientCertificate): { cert: string; key: string } {
  const cert = readPem(certFile, 'PGSSLCERT');
  const problem = keyFileProblem(statOf(keyFile));
  if (problem !== undefined) throw refuse(keyFile, problem, `chmod 600 ${keyFile}; libpq demands that of PGSSLKEY`);
  const key = readPem(keyFile, 'PGSSLKEY');
  if (/^-----BEGIN ENCRYPTED|^Proc-Type: 4,ENCRYPTED/m.test(key)) {
    throw refuse(
      keyFile,
      'the key is encrypted, and libpq takes a passphrase from no environment variable',
      `write it without: openssl pkey -in ${keyFile} -out …, in a file that only pgvouch's user can read`,
    );
  }
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    throw refuse(
      keyFile,
      textOf(error),
      `PGSSLKEY must be the private key of the certificate in PGSSLCERT (${certFile}), both as PEM`,
      error,
    );
  }
  return { cert, key };
}

/**
 * Pure: why libpq would not use a key file; undefined if it would.
 *
 * @see initialize_SSL in PostgreSQL's fe-secure-openssl.c, the source of the rule
 */
export function keyFileProblem(file: {
  readonly isFile: boolean;
  readonly uid: number;
  readonly mode: number;
}): string | undefined {
  if (!file.isFile) return 'it is not a regular file';
  const forbidden = file.uid === 0 ? 0o037 : 0o077;
  if ((file.mode & forbidden) === 0) return undefined;
  const permissions = (file.mode & 0o777).toString(8).padStart(4, '0');
  return `its permissions are ${permissions}: a private key must be readable by its owner alone (0600), or by root and a group (0640) if root owns it`;
}

function statOf(file: string): { isFile: boolean; uid: number; mode: number } {
  const stats: Stats = readable(file, 'PGSSLKEY', () => statSync(file));
  return { isFile: stats.isFile(), uid: stats.uid, mode: stats.mode };
}

function readPem(file: string, variable: string): string {
  return readable(file, variable, () => readFileSync(file, 'utf8'));
}

function readable<T>(file: string, variable: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw refuse(file, textOf(error), `${variable} must name a PEM file that pgvouch's user can read`, error);
  }
}

function refuse(file: string, problem: string, hint: string, cause?: unknown): ConfigError {
  return new ConfigError({ operation: 'read client certificate', subject: file, problem, hint, cause });
}
