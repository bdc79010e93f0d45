import type { WriteStream } from 'node:tty';
import { openTerminal } from '../../layers/words/terminal.ts';
import { configured } from '../host/configured.ts';
import { noticeEach, startReceiver } from '../host/receiver.ts';
import { bringUp } from './bring-up.ts';
import { checkConfiguration, readLocalServers, scratchEnvironment } from './environment.ts';
import { openLifecycle } from './lifecycle.ts';
import { prepareFunctions, type Serverless } from './serverless.ts';
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
  checkConfiguration(await configured(process.env));
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
    const { config, secrets, servers } = readLocalServers(await configured(process.env));
    const up = await bringUp(config, servers, secrets, { lifecycle, terminal });
    lifecycle.spareChildren();
    const found = { ...scratchEnvironment(config.cacheDir), PG_CLIENT_DIR: up.clientDir };
    const functions = prepareFunctions(
      serverless,
      servers.map((server) => ({
        ...server,
        env: { ...found, ...server.env, PG_CLIENT_DIR: up.clientDir },
      })),
    );
    const print = console.log;
    // serverless-offline prints a frame of its routes, which our table has with less noise.
    console.log = () => {};

    async function run(): Promise<void> {
      const started = servers.map((server, index) => {
        const { setup } = up.servers[index] as (typeof up.servers)[number];
        return { ...server, setup, functions: functions[index] as (typeof functions)[number], terminal };
      });
      const shown = started.map((one) => ({ place: one.setup, background: startShownBackground(one) }));
      for (const { background } of shown) lifecycle.onClose(background.close);
      const receiver = await startReceiver(config.notifyHost, config.notifyPort, (event) => noticeEach(event, shown));
      lifecycle.onClose(receiver.close);
      const rows = servers.map(({ name, config: own }, index) => ({
        ...{ name, config: own, ...(up.servers[index] as (typeof up.servers)[number]) },
        nextDump: shown[index]?.background.nextDump() ?? null,
      }));
      terminal.line(describeStack(config, rows, up));
      for (const { background } of shown) background.begin();
    }

    return {
      run() {
        console.log = print;
        void run().catch(lifecycle.fail);
      },
    };
  } catch (error) {
    return lifecycle.fail(error);
  }
}
