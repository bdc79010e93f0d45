import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'yaml';
import { openVault, type Vault } from '../../../layers/vault/vault.ts';
import { runFolder } from '../run/run-folder.ts';
import { variablesOf } from '../servers/command-line.ts';
import { installationOf } from '../servers/installations.ts';
import { startTestPostgres, type TestPostgres } from '../servers/postgres.ts';
import { sharedPostgres } from './world.ts';
import { freshVaultConfig } from './world-vault.ts';

/** Two servers of different majors in one deployment: `main`, the shared one, and `old`, which has a prefix of its own. */
export interface TwoServers {
  /** By name: the server, its one database, and its vault. */
  readonly main: OneServer;
  readonly old: OneServer;
  /** What names the file, and has what may not stand in it. */
  readonly env: Record<string, string>;
  /** The file, for one that says something else. */
  readonly document: { readonly servers: Readonly<Record<'main' | 'old', object>> };
  /** Writes another file. */
  write(document: object): Promise<string>;
  end(): Promise<void>;
}

export interface OneServer {
  readonly postgres: TestPostgres;
  readonly database: string;
  readonly vault: Vault;
}

/** Brings the servers up, each with a table of its own, and writes their pgvouch.yaml. */
export async function twoServers(): Promise<TwoServers> {
  const config = freshVaultConfig();
  const [shared, elder] = await Promise.all([
    sharedPostgres(),
    startTestPostgres({ installation: await installationOf(16) }),
  ]);
  const id = randomUUID().slice(0, 8);
  const main = await begin(shared, `shop_${id}`, 20, openVault({ ...config, prefix: 'pgvouch/main/' }));
  const old = await begin(elder, `crm_${id}`, 30, openVault({ ...config, prefix: 'before/' }));
  const {
    BACKUP_BUCKET: name,
    MINIO_ENDPOINT: endpoint,
    AWS_REGION: region,
    ...own
  } = variablesOf(main.vault, shared.target);
  const serverOf = ({ postgres: { target }, database }: OneServer, password: string) => ({
    ...{ host: target.host, port: target.port, user: target.user, password: { variable: password } },
    databases: [database],
  });
  const document = {
    bucket: { name, endpoint, region },
    servers: {
      main: serverOf(main, 'MAIN_PASSWORD'),
      old: { ...serverOf(old, 'OLD_PASSWORD'), bucket: { prefix: 'before/' } },
    },
  };
  const write = async (changed: object) => {
    const file = path.join(runFolder('configuration'), `${randomUUID()}.yaml`);
    await writeFile(file, stringify(changed));
    return file;
  };
  const { MINIO_ACCESS_KEY = '', MINIO_SECRET_KEY = '', PG_CLIENT_DIR = '' } = own;
  return {
    ...{ main, old, document, write },
    env: {
      ...{ MINIO_ACCESS_KEY, MINIO_SECRET_KEY, PG_CLIENT_DIR, PGVOUCH_CONFIG: await write(document) },
      ...{ MAIN_PASSWORD: shared.target.password ?? '', OLD_PASSWORD: elder.target.password ?? '' },
    },
    end: () => elder.end(),
  };
}

async function begin(postgres: TestPostgres, database: string, rows: number, vault: Vault): Promise<OneServer> {
  await postgres.createDatabase(database);
  await postgres.sql(database, `CREATE TABLE item AS SELECT generate_series(1, ${rows}) AS id`);
  return { postgres, database, vault };
}
