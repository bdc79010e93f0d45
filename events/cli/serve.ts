import { Command } from 'commander';
import { ConfigError } from '../../layers/backup/errors.ts';
import type { RunAlone } from './run.ts';

/** Only for its help: pgvouch.mjs starts the service without the command line. */
export function serveCommand(run: RunAlone): Command {
  return new Command('serve')
    .description('run the functions on this machine until SIGTERM: schedules, events and metrics')
    .action(() =>
      run(async () => {
        throw new ConfigError({
          operation: 'serve',
          problem: 'it takes nothing but --config',
          hint: 'run: pgvouch serve --config pgvouch.yaml',
        });
      }, 0),
    );
}
