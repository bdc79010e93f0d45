import type { Logger } from 'pino';
import { retryDelaysMs } from '../../layers/settings/functions.ts';
import { readFailure } from '../function-failed.ts';
import { type Background, startBackground } from '../host/background.ts';
import { type FailedTry, openInvoker } from '../host/invoker.ts';
import type { VaultPlace } from '../object-created.ts';
import { beginWhenWell } from './begin.ts';
import type { ServedServer } from './config.ts';
import { type Drills, hostedFunctions } from './functions.ts';
import type { Processes } from './processes.ts';
import { openReadiness, type Readiness } from './readiness.ts';
import type { ServerState } from './state-folder.ts';
import { askForUnproved, askForUnprovedBase, openServedVault } from './unproved.ts';

export interface ServerHostOptions {
  readonly server: ServedServer;
  readonly processes: Processes;
  readonly drills: Drills;
  readonly state: ServerState;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** What fires the functions of one server, and runs them with its environment. */
export interface ServerHost {
  readonly name: string | undefined;
  /** Where its backups are. */
  readonly place: VaultPlace;
  readonly background: Background;
  readonly readiness: Readiness;
  /** Begins when all that its functions need is there. @param programs - resolves when the client programs are */
  begin(programs: Promise<unknown>): void;
  /** Nothing is fired any more, and what runs ends. */
  close(graceMs: number): Promise<void>;
}

/** Starts its clock. What is missing for its functions to run holds up no other server. */
export function startServerHost(options: ServerHostOptions): ServerHost {
  const { server, processes, drills, state, signal } = options;
  const { name, config, env } = server;
  const { bucket, prefix, notifyArn, postgres, bucketServer } = config;
  const log = name === undefined ? options.log : options.log.child({ server: name });
  const left = state.journal.left();
  const invoker = openInvoker({
    ...{ functions: hostedFunctions(config, drills), journal: state.journal },
    run: (invocation) => processes.run(server, invocation),
    retryDelaysMs: retryDelaysMs(config.retryDelayMs),
    onFailedTry: (failed) => log.error(factsOf(failed), 'a function failed'),
    onLost: ({ function: lost }) => log.fatal({ function: lost }, 'nobody could be notified of a failure'),
  });
  const notifications = notifyArn === undefined ? 'polled' : 'pushed';
  const open = () => openServedVault(env);
  const background = startBackground({
    ...{ config, invoker, clock: state.clock },
    bucket: {
      ...{ bucket, prefix, notifications },
      ...{ hasUnproved: askForUnproved(open), hasUnprovedBase: askForUnprovedBase(open) },
    },
  });
  const readiness = openReadiness({ postgres, bucketServer, notifications });
  return {
    ...{ name, place: { bucket, prefix }, background, readiness },
    begin(programs) {
      const setUp: Parameters<typeof beginWhenWell>[0]['setUp'] = (event) => processes.setUp(server, event);
      void programs.then((found) => found && readiness.found('programs'));
      void beginWhenWell({ config, setUp, programs, background, left, log, signal, onFound: readiness.found });
    },
    async close(graceMs) {
      background.close();
      await invoker.close(graceMs);
    },
  };
}

function factsOf({ function: name, event, attempt, willRetryInMs, failure }: FailedTry) {
  const { time, detail } = event as { readonly time?: string; readonly detail?: object };
  const again = willRetryInMs === undefined ? { givenUp: true } : { againInS: willRetryInMs / 1000 };
  return { function: name, time, ...detail, attempt, ...again, err: readFailure(failure) };
}
