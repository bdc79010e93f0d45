import { retryDelaysMs } from '../../layers/settings/functions.ts';
import type { Vault } from '../../layers/vault/vault.ts';
import type { Terminal } from '../../layers/words/terminal.ts';
import { type Background, type BackgroundBucket, type BackgroundConfig, startBackground } from '../host/background.ts';
import { type FailedTry, type HostedFunction, openInvoker } from '../host/invoker.ts';
import type { LocalConfig } from './config.ts';
import { openDumpBars } from './dump-bars.ts';
import { lambdaApi } from './lambda-api.ts';

export interface ShownBackgroundOptions {
  /** Of the server, if it has one. */
  readonly name: string | undefined;
  readonly config: BackgroundConfig & Pick<LocalConfig, 'lambdaPort' | 'retryDelayMs'>;
  readonly functions: ReadonlyMap<string, HostedFunction>;
  readonly setup: BackgroundBucket & { readonly vault: Vault };
  readonly terminal: Terminal;
}

/** {@link startBackground}'s, and the end of what it started. */
export interface ShownBackground extends Pick<Background, 'notice'> {
  nextDump(): Date | null;
  begin(): void;
  /** Nothing is fired any more; what runs gets a moment to clear up. */
  close(): Promise<void>;
}

/** How long a dump that was ended may take to clear its upload away, or a drill its copy of the data: on a busy machine. */
const CLEAR_UP_MS = 8_000;

/** Starts what fires functions, and shows on the terminal how dumps come on and what fails. */
export function startShownBackground(options: ShownBackgroundOptions): ShownBackground {
  const { name, config, functions, setup, terminal } = options;
  const whose = name === undefined ? '' : `${name}: `;
  const dumpBars = openDumpBars(setup.vault, terminal, name);
  const show = (database: string, done: Promise<void>) => {
    dumpBars.begin(database);
    void done.finally(() => dumpBars.end(database));
  };
  const invoker = openInvoker({
    functions,
    onNext: (_, event, done) => show(databaseOf(event) ?? '', done),
    run: lambdaApi(config.lambdaPort),
    retryDelaysMs: retryDelaysMs(config.retryDelayMs),
    onFailedTry(failed) {
      dumpBars.hide(databaseOf(failed.event));
      terminal.line(describeFailure(failed, whose));
    },
    onLost: (failed) => terminal.line(`✗ ${whose}nobody could be notified: ${failed.function} failed too`),
  });
  const background = startBackground({ config, invoker, bucket: setup, onDump: show });
  return {
    notice: background.notice,
    nextDump: () => background.next().dump,
    begin: () => void background.begin(),
    async close() {
      background.close();
      await invoker.close(CLEAR_UP_MS);
      dumpBars.close();
    },
  };
}

/** The firing's name; undefined for events of the bucket. */
function databaseOf(event: unknown): string | undefined {
  return (event as { readonly detail?: { readonly database?: string } }).detail?.database;
}

function describeFailure({ function: name, attempt, willRetryInMs, failure }: FailedTry, whose: string): string {
  const then = willRetryInMs === undefined ? 'giving up' : `trying again in ${Math.round(willRetryInMs / 1000)} s`;
  return `✗ ${whose}${name} failed (try ${attempt}, ${then}): ${failure.errorType}: ${failure.errorMessage}`;
}
