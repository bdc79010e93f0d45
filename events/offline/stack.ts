import type { WriteStream } from 'node:tty';
import { openTerminal } from '../../layers/words/terminal.ts';
import { configured, onlyServer } from '../host/configured.ts';
import { bringUp } from './bring-up.ts';
import { readLocalConfig } from './config.ts';
import { checkConfiguration, functionEnvironment, scratchEnvironment } from './environment.ts';
import { openLifecycle } from './lifecycle.ts';
import { prepareFunctions, type Serverless } from './serverless.ts';
import { localSecrets } from './servers/secrets.ts';
import { startShownBackground } from './shown-background.ts';
import { describeStack } from './table.ts';

// The plugin loads one module: modules that are loaded separately share nothing.
export { giveUp } from './lifecycle.ts';

/** The local stack, brought up: what the functions talk to is there, they themselves are about to be. */
export interface Stack {
  /** Prints what runs where, takes the first backup, and lets the clock run. */
  run(): void;
}

/** Checks the configuration of the stack and of every function. @throws {@link ConfigError} */
export async function checkStack(): Promise<void> {
  checkConfiguration(onlyServer(await configured(process.env)).env);
}

/**
 * Brings up what the functions need: PostgreSQL and the bucket (ours or those configured), the client programs, and the
 * functions' environment. The configuration was checked before. Whatever fails ends the process with one sentence; so
 * does, later, the end of one of its servers.
 */
export async function openStack(serverless: Serverless): Promise<Stack> {
  const terminal = openTerminal(process.stdout as WriteStream);
  const lifecycle = openLifecycle(terminal);
  try {
    const own = onlyServer(await configured(process.env)).env;
    const config = readLocalConfig(own);
    const secrets = localSecrets(config.stateDir);
    const env = functionEnvironment(own, config, secrets);
    const up = await bringUp(config, env, secrets, { lifecycle, terminal });
    const { servers, setup } = up;
    lifecycle.spareChildren();
    const functions = prepareFunctions(
      serverless,
      { ...scratchEnvironment(config.cacheDir), ...env, PG_CLIENT_DIR: up.clientDir },
      config,
    );
    const print = console.log;
    // serverless-offline prints a frame of its routes, which our table has with less noise.
    console.log = () => {};
    return {
      run() {
        console.log = print;
        void startShownBackground({ config, functions, setup, terminal })
          .then((background) => {
            lifecycle.onClose(background.close);
            terminal.line(describeStack(config, servers, setup, background.nextDump()));
            background.begin();
          })
          .catch(lifecycle.fail);
      },
    };
  } catch (error) {
    return lifecycle.fail(error);
  }
}
