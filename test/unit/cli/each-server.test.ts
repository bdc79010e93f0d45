import { expect, test } from 'vitest';
import { forEachServer } from '../../../events/cli/each-server.ts';
import { EXIT, Interrupted } from '../../../events/cli/exit-code.ts';
import type { Session } from '../../../events/cli/session.ts';
import { ConfigError, VaultError } from '../../../layers/backup/errors.ts';

const SERVERS = ['main', 'old', 'new'].map((name) => ({ name, env: { PGVOUCH_SERVER: name } }));
const REFUSED = new VaultError({ operation: 'list', subject: 'backups', problem: 'refused' });

/** Lists the servers, of which some fail. */
async function listed(
  failures: Readonly<Record<string, Error>>,
  { json = false, signal = new AbortController().signal } = {},
) {
  const stdout: string[] = [];
  const stderr: string[] = [];
  const closed: string[] = [];
  const open = ({ env }: { readonly env: Session['env'] }) => {
    const terminal = { line: (text: string) => stderr.push(text), close: () => closed.push(env.PGVOUCH_SERVER ?? '') };
    const print = (text: string) => void stdout.push(`${text}\n`);
    return { env, local: false, signal, terminal, print, printJson: (value: unknown) => print(JSON.stringify(value)) };
  };
  const work = async ({ env, print, printJson }: Session) => {
    const name = env.PGVOUCH_SERVER ?? '';
    if (failures[name]) throw failures[name];
    if (json) printJson([name]);
    else print(`all of ${name}`);
    return EXIT.ok;
  };
  const exitCode = await forEachServer(
    SERVERS,
    { answer: 'backups', work },
    open as unknown as (one: unknown) => Session,
  );
  return { exitCode, stdout: stdout.join(''), stderr, closed };
}

test('each server stands below its name', async () => {
  expect(await listed({})).toEqual({
    exitCode: 0,
    stdout: 'server main\n\nall of main\n\nserver old\n\nall of old\n\nserver new\n\nall of new\n',
    stderr: [],
    closed: ['main', 'old', 'new'],
  });
});

test('a server that fails is named, and hides none of the others', async () => {
  expect(await listed({ main: REFUSED })).toEqual({
    exitCode: EXIT.failure,
    stdout: 'server old\n\nall of old\n\nserver new\n\nall of new\n',
    stderr: ['pgvouch: server main: list backups: refused'],
    closed: ['main', 'old', 'new'],
  });
  const { stdout, exitCode } = await listed({ old: REFUSED }, { json: true });
  expect(JSON.parse(stdout)).toEqual([
    { server: 'main', backups: ['main'] },
    { server: 'new', backups: ['new'] },
  ]);
  expect(exitCode).toBe(EXIT.failure);
});

test('the highest exit code is the one of all', async () => {
  const unset = new ConfigError({ operation: 'read', problem: 'BACKUP_BUCKET is not set' });
  const all = await listed({ main: REFUSED, old: unset, new: REFUSED });
  expect(all).toMatchObject({ exitCode: EXIT.usage, stdout: '' });
  expect(all.stderr).toHaveLength(3);
});

test('after Ctrl-C no other server is asked', async () => {
  const interrupted = new Interrupted('interrupted');
  await expect(listed({ main: interrupted }, { signal: AbortSignal.abort(interrupted) })).rejects.toBe(interrupted);
});
