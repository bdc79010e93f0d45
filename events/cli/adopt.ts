import { userInfo } from 'node:os';
import { Command } from 'commander';
import { adopt, adoptFound, askServer, namedServer } from '../../functions/by-hand/adopt/adopt.ts';
import { readDumpConfig } from '../../functions/dump/config.ts';
import { printServer } from '../../layers/backup/server-identity.ts';
import { readTarget } from '../../layers/postgres/connect/read-target.ts';
import { readDatabases } from '../../layers/settings/databases.ts';
import { readEnvironment } from '../../layers/settings/environment.ts';
import { EXIT } from './exit-code.ts';
import type { Run, Session } from './session.ts';

interface AdoptOptions {
  readonly database?: string;
  readonly to?: string;
  readonly reason?: string;
  readonly json?: boolean;
}

/** `adopt`: from now on the backups of a database are of this server, and of no other. */
export function adoptCommand(run: Run): Command {
  return new Command('adopt')
    .description('say that the database is on another server from now on')
    .option('-d, --database <name>', 'the database (default: all configured databases)')
    .option('--to <server>', 'as the refused dump named it (default: the configured server, which is asked)')
    .option('-r, --reason <text>', 'why, for anyone who asks later')
    .option('--json', 'print JSON')
    .action((options: AdoptOptions) => run((session) => adoptAll(session, options)));
}

async function adoptAll(session: Session, { database, to, reason, json }: AdoptOptions): Promise<number> {
  const { names, patterns } =
    database === undefined
      ? readDatabases(readEnvironment(session.env, 'dump'))
      : { names: [database], patterns: undefined };
  const named = to === undefined ? undefined : namedServer(to);
  const vault = session.vault();
  const by = {
    adoptedAt: session.now().toISOString(),
    by: userInfo().username,
    ...(reason !== undefined && { reason }),
  };
  const found = patterns ? await adoptFound(vault, named ?? (await configured(session, undefined))) : [];
  const adopted: { database: string; server: string }[] = [];
  for (const name of new Set([...names, ...found])) {
    const is = named ?? (await configured(session, patterns ? undefined : name));
    await adopt(vault, name, is, by);
    adopted.push({ database: name, server: printServer(is) });
  }
  if (json) session.printJson(adopted);
  else for (const one of adopted) session.print(`${one.database}: backed up from ${one.server} from now on`);
  return EXIT.ok;
}

async function configured({ env }: Session, database: string | undefined) {
  const named = { ...env, POSTGRES_DB: database ?? 'any', POSTGRES_DBS: undefined };
  const { postgres } = readDumpConfig(named, { byHand: true });
  return askServer((of) => readTarget(postgres, Date.now(), { database: of }), database);
}
