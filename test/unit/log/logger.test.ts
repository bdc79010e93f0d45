import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { createLogger } from '../../../layers/log/logger.ts';

/** Runs a program that logs, in a process of its own: the log goes to its real stdout. */
async function linesOf(program: string, env: Record<string, string> = {}): Promise<Record<string, unknown>[]> {
  const source = `
    import { createLogger } from './layers/log/logger.ts';
    import { VaultError } from './layers/backup/errors.ts';
    const log = createLogger(process.env);
    ${program}`;
  const args = ['--import', 'tsx', '--input-type=module', '-e', source];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: { ...process.env, ...env } });
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

describe('the log', () => {
  test('is one JSON line per fact, without what the platform adds by itself', async () => {
    const lines = await linesOf(`log.info({ database: 'shop', sizeBytes: 7 }, 'stored'); log.debug('unseen');`);
    expect(lines).toEqual([
      { level: 'info', time: expect.stringMatching(/^\d{4}-.*Z$/), database: 'shop', sizeBytes: 7, msg: 'stored' },
    ]);
    expect(await linesOf(`log.info('unseen'); log.warn('seen');`, { LOG_LEVEL: 'warn' })).toHaveLength(1);
  });

  test('hides secrets that come along in something else', async () => {
    const lines = await linesOf(`
      log.info({ password: 'hunter2', config: { server: { secretAccessKey: 'hunter2' } } });
      log.info({ request: { headers: { authorization: 'Bearer hunter2' } } });`);
    expect(lines).toHaveLength(2);
    expect(JSON.stringify(lines)).not.toContain('hunter2');
  });

  test('tells an error of ours by its fields, and any other with its stack', async () => {
    const [ours, other] = await linesOf(`
      log.error({ err: new VaultError({ operation: 'read', subject: 'k', problem: 'gone', hint: 'look' }) });
      log.error({ err: new TypeError('a bug') });`);
    expect(ours?.err).toEqual({ type: 'VaultError', operation: 'read', subject: 'k', problem: 'gone', hint: 'look' });
    expect(other?.err).toMatchObject({ type: 'TypeError', problem: 'a bug', stack: expect.stringContaining('at ') });
  });

  test('a level that is none is a ConfigError', () => {
    expect(() => createLogger({ LOG_LEVEL: 'loud' })).toThrow(
      expect.objectContaining({ name: 'ConfigError', problem: expect.stringContaining('LOG_LEVEL') }),
    );
  });
});
