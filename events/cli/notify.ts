import { randomUUID } from 'node:crypto';
import { Command } from 'commander';
import { readNotifyConfig } from '../../functions/notify/config.ts';
import { testChannels } from '../../functions/notify/test-channels.ts';
import { ConfigError } from '../../layers/backup/errors.ts';
import { EXIT } from './exit-code.ts';
import type { Run, Session } from './session.ts';

interface NotifyOptions {
  readonly test: true;
  readonly json?: boolean;
}

/** `notify --test`: whether messages would reach people. */
export function notifyCommand(run: Run): Command {
  return new Command('notify')
    .description('send a test message to each channel for notifications, and say which took it')
    .requiredOption('--test', 'send a test; there is nothing else to send by hand')
    .option('--json', 'print JSON')
    .action((options: NotifyOptions) => run((session) => sendTests(session, options)));
}

async function sendTests(session: Session, { json }: NotifyOptions): Promise<number> {
  const { channels, vault, links } = readNotifyConfig(session.env);
  if (channels.length === 0) {
    throw new ConfigError({
      operation: 'test',
      subject: 'notifications',
      problem: 'no channel is configured',
      hint: 'docs/notifications.md has the variables of each',
    });
  }
  const outcomes = await testChannels({ channels, vault, links, now: session.now(), requestId: randomUUID() });
  if (json) session.printJson(outcomes);
  else {
    for (const { channel, taken, problem } of outcomes) {
      session.print(taken ? `${channel}: took the test` : `${channel}: did not take the test: ${problem}`);
    }
  }
  return outcomes.every(({ taken }) => taken) ? EXIT.ok : EXIT.failure;
}
