import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { runTool } from '../../../layers/debian/tool.ts';
import { NOBODY } from '../../../layers/postgres/places/daemon.ts';
import { wayOf, withoutNetwork } from '../../../layers/postgres/places/no-network.ts';

const MODULE = pathToFileURL('layers/postgres/places/no-network.ts').href;

/** Runs a command line as an ordinary user: this one, or nobody if it is root. */
function asUser(command: string, args: readonly string[]) {
  const drop = ['--reuid', `${NOBODY}`, '--regid', `${NOBODY}`, '--clear-groups', '--', command, ...args];
  return process.getuid?.() === 0 ? runTool('setpriv', drop) : runTool(command, [...args]);
}

test('an ordinary user’s server has no network either, where users may make namespaces, and is theirs', async ({
  skip,
}) => {
  const way = wayOf(false);
  const may = await asUser('unshare', [...way, 'true']);
  skip(may.exitCode !== 0, `this machine lets users make no namespaces: ${may.stderr}`);
  const { stdout } = await asUser(...withoutNetwork(['sh', ['-c', 'id -u; cat /proc/net/dev']], way));
  const [user, ...lines] = stdout.trim().split('\n');
  expect(user).toBe(String(process.getuid?.() || NOBODY));
  const interfaces = lines.filter((line) => line.includes(':')).map((line) => line.split(':')[0]?.trim());
  expect(interfaces).toEqual(['lo']);
});

test('where that is not possible, it starts all the same, and a sentence says so', async () => {
  const code = `import(${JSON.stringify(MODULE)}).then((m) =>
    console.log(JSON.stringify([m.withoutNetwork(['true', ['a']]), m.networkRemark()])))`;
  const { stdout, stderr } = await runTool(process.execPath, ['--import', 'tsx', '-e', code], {
    // Where unshare is not found.
    env: { PATH: '/nonexistent' },
  });
  expect(JSON.parse(stdout || stderr)).toEqual([
    ['true', ['a']],
    'The scratch server is not kept from the network: on this machine pgvouch may make no network namespace.',
  ]);
});
