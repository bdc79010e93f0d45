import type { Logger } from 'pino';
import { ConfigError, textOf } from '../../layers/backup/errors.ts';
import { createLogger } from '../../layers/log/logger.ts';
import { configured } from '../host/configured.ts';
import { killDescendants } from '../host/descendants.ts';
import { checkServers } from './config.ts';
import type { ServiceModules } from './processes.ts';
import { openService, type Service } from './service.ts';

/** After this long whoever is left is killed: within the ten seconds that containers get. */
const LEAVE_MS = 8_500;

/** As of the command line: the configuration is wrong. */
const EXIT_USAGE = 2;

/**
 * `pgvouch serve`: runs the functions until SIGTERM or SIGINT. Standard output has JSON log lines and nothing else.
 *
 * @param modules - what child processes run
 * @returns the exit code of what could not be started; otherwise it ends the process itself
 */
export async function main(own: NodeJS.ProcessEnv, modules: ServiceModules): Promise<number> {
  process.title = 'pgvouch serve';
  let service: Service;
  let log: Logger;
  try {
    const servers = checkServers(await configured(own));
    log = createLogger(servers[0]?.env ?? own);
    service = await openService({ servers, modules, log, print: (line) => void process.stdout.write(`${line}\n`) });
  } catch (error) {
    process.stderr.write(`pgvouch: ${textOf(error)}\n`);
    if (own.PGVOUCH_CONFIG) process.stderr.write('`pgvouch config check` says what of it stands where in the file\n');
    return error instanceof ConfigError ? EXIT_USAGE : 1;
  }
  let ending = false;
  const end = async (exitCode: number) => {
    if (ending) return;
    ending = true;
    setTimeout(() => {
      killDescendants(process.pid);
      log.error('not everything ended in time: it was killed');
      process.exit(1);
    }, LEAVE_MS);
    await service.stop().catch((err) => log.error({ err }, 'it did not end in order'));
    log.info('pgvouch has ended');
    process.exit(exitCode);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (!ending) log.info({ signal }, 'pgvouch is ending');
      void end(0);
    });
  }
  // A fault of its own: whoever runs it starts it again, and what was accepted is taken up.
  process.on('uncaughtException', (err) => {
    log.fatal({ err }, 'pgvouch crashed');
    void end(1);
  });
  return new Promise(() => {});
}
