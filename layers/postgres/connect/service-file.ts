import { readFileSync } from 'node:fs';
import { textOf } from '../../backup/errors.ts';
import { CONNECTION_PARAMETERS } from '../../settings/connection-parameters.ts';
import type { Environment, EnvironmentReader } from '../../settings/environment.ts';

/**
 * Reads the service that `PGSERVICE` names of the file in `PGSERVICEFILE`.
 *
 * @returns what it says, as pgvouch's variables. Those that are set win over it, as a connection string does in libpq
 */
export function readService(read: EnvironmentReader): Environment {
  const [service, file] = [read.get('PGSERVICE'), read.get('PGSERVICEFILE')];
  if (service === undefined && file === undefined) return {};
  if (service === undefined || file === undefined) {
    const [set, missing] = service === undefined ? ['PGSERVICEFILE', 'PGSERVICE'] : ['PGSERVICE', 'PGSERVICEFILE'];
    read.problem(`${set} is set without ${missing}: a service needs its name and its file`);
    return {};
  }
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    read.problem(`PGSERVICEFILE cannot be read: ${textOf(error)}`);
    return {};
  }
  const { variables, problems } = serviceIn(text, service);
  for (const problem of problems) read.problem(`PGSERVICEFILE ${file}: ${problem}`);
  return variables;
}

/**
 * Pure: a service of a connection service file. The first entry of a key counts, and the first service of a name. The name
 * of the database is not used: `POSTGRES_DB` says what is backed up.
 *
 * @returns problems that name lines and keys, never values
 * @see https://www.postgresql.org/docs/current/libpq-pgservice.html
 * @see parseServiceFile in PostgreSQL's fe-connect.c, the source of what the page does not say
 */
export function serviceIn(text: string, service: string): { variables: Environment; problems: string[] } {
  const variables: Record<string, string> = {};
  const problems: string[] = [];
  let found = false;
  for (const [index, untrimmed] of text.split('\n').entries()) {
    const line = untrimmed.trim();
    if (line === '' || line.startsWith('#')) continue;
    if (line.startsWith('[')) {
      if (found) break;
      found = line.startsWith(`[${service}]`);
      continue;
    }
    if (!found) continue;
    const [, key, value] = /^([^=]*)=(.*)$/s.exec(line) ?? [];
    if (key === undefined || value === undefined) problems.push(`line ${index + 1} is not key=value`);
    else if (Object.hasOwn(CONNECTION_PARAMETERS, key)) variables[CONNECTION_PARAMETERS[key] ?? ''] ??= value;
    else if (key !== 'dbname') {
      problems.push(
        `line ${index + 1} has ${nameOf(key)}, which is not one of dbname, ${Object.keys(CONNECTION_PARAMETERS).join(', ')}`,
      );
    }
  }
  if (!found) problems.push(`it has no service [${service}]`);
  return { variables, problems };
}

/** A line without a key may hold a password before its `=`. */
function nameOf(key: string): string {
  return /^[a-z_]{1,40}$/.test(key) ? key : 'a key';
}
