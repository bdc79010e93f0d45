import { load } from '../../layers/modules/load-typescript.mjs';

/**
 * The serverless-offline plugin: before serverless-offline starts it brings up what the functions talk to, afterwards it
 * owns the clock and delivers events. All of that is TypeScript, loaded only then: `serverless package` loads this file
 * too, and runs without it.
 */
// biome-ignore lint/style/noDefaultExport: the framework needs one
export default class OfflinePlugin {
  constructor(serverless) {
    this.serverless = serverless;
    this.isStarting = serverless.processedInput.commands.join(' ') === 'offline start';
    let stack;
    this.hooks = {
      'before:offline:start:init': async () => {
        const { openStack } = await loadStack();
        stack = await openStack(serverless);
      },
      'after:offline:start:init': () => stack.run(),
      // On a signal serverless-offline would end all threads and the process at once, in the middle of ours: it waits.
      'before:offline:start:end': () => new Promise(() => {}),
    };
  }

  /** Before the framework checks its own configuration, whose message for a bad variable nobody would understand. */
  async asyncInit() {
    if (!this.isStarting) return;
    const { checkStack, giveUp } = await loadStack();
    try {
      await checkStack();
    } catch (error) {
      giveUp(error);
    }
    // It takes a second, and serverless.yml changes with the code alone: `npm run package` checks it.
    this.serverless.configSchemaHandler.validateConfig = async () => {};
  }
}

/** Both hooks get the same module. */
function loadStack() {
  return load(new URL('./stack.ts', import.meta.url));
}
