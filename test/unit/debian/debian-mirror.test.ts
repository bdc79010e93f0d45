import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findDebianMirrors, parseDeb822, parseOneLine } from '../../../layers/debian/debian-mirror.ts';

let etc: string;

beforeEach(async () => {
  etc = await mkdtemp(join(tmpdir(), 'pgvouch-apt-'));
});

afterEach(() => rm(etc, { recursive: true, force: true }));

async function files(contents: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(contents)) {
    await mkdir(dirname(join(etc, name)), { recursive: true });
    await writeFile(join(etc, name), text);
  }
}

test('reads stanzas: comments, several values, continuation lines, switched-off sources', () => {
  const text = `# a comment
Types: deb deb-src
# another: one
URIs: http://one.example/debian
 http://two.example/debian/
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: bookworm
Components: main

Types: deb-src
URIs: http://source.example/debian
Suites: bookworm
Components: main
`;

  const sources = parseDeb822(text);

  expect(sources.map(({ uri }) => uri)).toEqual(['http://one.example/debian', 'http://two.example/debian/']);
  expect(sources[0]).toMatchObject({ suites: ['bookworm', 'bookworm-updates'], components: ['main', 'contrib'] });
});

test('reads lines: options, comments, other types', () => {
  const text = `# deb http://commented.example/debian bookworm main
deb-src http://source.example/debian bookworm main
deb [arch=amd64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://one.example/debian trixie main non-free # why
`;

  expect(parseOneLine(text)).toEqual([
    {
      uri: 'http://one.example/debian',
      suites: ['trixie'],
      components: ['main', 'non-free'],
      signedBy: '/usr/share/keyrings/debian-archive-keyring.gpg',
    },
  ]);
});

test("takes Debian's own mirror, not the security one nor a stranger's", async () => {
  await files({
    'sources.list.d/a-stranger.list': 'deb https://packages.example/apt stable main\n',
    'sources.list.d/b-security.list': 'deb http://security.example/debian-security bookworm-security main\n',
    'sources.list.d/c-security.list': 'deb http://mirror.example/debian bookworm-security main\n',
    'sources.list.d/d.list.disabled': 'deb http://disabled.example/debian bookworm main\n',
    'sources.list.d/e.sources': 'Types: deb\nURIs: http://near.example/debian/\nSuites: bookworm\nComponents: main\n',
  });

  expect(await findDebianMirrors(undefined, etc)).toEqual({
    main: 'http://near.example/debian',
    security: 'http://security.example/debian-security',
  });
});

test('knows a mirror of another name by the key, and a list of mirrors by its own', async () => {
  await files({
    'sources.list':
      'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://cache.example/deb bookworm main\n',
  });
  expect(await findDebianMirrors(undefined, etc)).toMatchObject({ main: 'http://cache.example/deb' });

  await files({ 'sources.list': 'deb mirror+file:/etc/apt/mirrors/debian.list bookworm main\n' });
  expect(await findDebianMirrors(undefined, etc)).toMatchObject({ main: 'mirror+file:/etc/apt/mirrors/debian.list' });
});

test('without one it says what to do', async () => {
  await expect(findDebianMirrors(undefined, etc)).rejects.toMatchObject({
    name: 'ConfigError',
    hint: expect.stringContaining('DEBIAN_MIRROR'),
  });
});

test('a configured mirror has its security suites beside it, or where the second address says', async () => {
  const beside = { main: 'http://near.example/debian', security: 'http://near.example/debian-security' };
  expect(await findDebianMirrors('http://near.example/debian/', etc)).toEqual(beside);
  expect(await findDebianMirrors('http://near.example/debian http://other.example/sec/', etc)).toEqual({
    main: 'http://near.example/debian',
    security: 'http://other.example/sec',
  });
});

test('without a security source of its own, a machine takes the one beside its mirror', async () => {
  await files({ 'sources.list': 'deb http://near.example/debian bookworm main\n' });
  expect(await findDebianMirrors(undefined, etc)).toEqual({
    main: 'http://near.example/debian',
    security: 'http://near.example/debian-security',
  });
});
