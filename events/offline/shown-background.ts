import { retryDelaysMs } from '../../layers/settings/functions.ts';
import type { Vault } from '../../layers/vault/vault.ts';
import type { Terminal } from '../../layers/words/terminal.ts';
import { type BackgroundBucket, type BackgroundConfig, startBackground } from '../host/background.ts';
import { type FailedTry, type HostedFunction, openInvoker } from '../host/invoker.ts';
import { startReceiver } from '../host/receiver.ts';
import type { LocalConfig } from './config.ts';
import { openDumpBars } from './dump-bars.ts';
import { lambdaApi } from './lambda-api.ts';

export interface ShownBackgroundOptions {
  readonly config: BackgroundConfig & Pick<LocalConfig, 'lambdaPort' | 'retryDelayMs' | 'notifyHost' | 'notifyPort'>;
  readonly functions: ReadonlyMap<string, HostedFunction>;
  readonly setup: BackgroundBucket & { readonly vault: Vault };
  readonly terminal: Terminal;
}

/** {@link startBackground}'s, and the end of what it started. */
export interface ShownBackground {
  nextDump(): Date | null;
  begin(): void;
  /** Nothing is fired any more; what runs gets a moment to clear up. */
  close(): Promise<void>;
}

/** How long a dump that was ended may take to clear its upload away, or a drill its copy of the data: on a busy machine. */
const CLEAR_UP_MS = 8_000;

/** Starts what fires functions, and shows on the terminal how dumps come on and what fails. */
export async function startShownBackground(options: ShownBackgroundOptions): Promise<ShownBackground> {
  const { config, functions, setup, terminal } = options;
  const dumpBars = openDumpBars(setup.vault, terminal);
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
      terminal.line(describeFailure(failed));
    },
    onLost: (failed) => terminal.line(`✗ nobody could be notified: ${failed.function} failed too`),
  });
  const end = async () => {
    await invoker.close(CLEAR_UP_MS);
    dumpBars.close();
  };
  try {
    const background = startBackground({ config, invoker, bucket: setup, onDump: show });
    const receiver = await startReceiver(config.notifyHost, config.notifyPort, background.notice);
    return {
      nextDump: () => background.next().dump,
      begin: () => void background.begin(),
      async close() {
        background.close();
        receiver.close();
        await end();
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}

/** The firing's name; undefined for events of the bucket. */
function databaseOf(event: unknown): string | undefined {
  return (event as { readonly detail?: { readonly database?: string } }).detail?.database;
}

function describeFailure({ function: name, attempt, willRetryInMs, failure }: FailedTry): string {
  const then = willRetryInMs === undefined ? 'giving up' : `trying again in ${Math.round(willRetryInMs / 1000)} s`;
  return `✗ ${name} failed (try ${attempt}, ${then}): ${failure.errorType}: ${failure.errorMessage}`;
}
