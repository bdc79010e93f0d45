import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium as driver } from 'playwright-core';
import {
  type Architecture,
  hostArchitecture,
  type Suite,
  unpackDebianPackages,
} from '../../../layers/debian/debian-packages.ts';
import { testStateDir } from '../servers/ceph.ts';

export interface TestChromium {
  /** A browser of its own, without anything kept, that looks as one would with these settings. */
  context(options?: Parameters<Awaited<ReturnType<typeof driver.launch>>['newContext']>[0]): Promise<BrowserContext>;
  end(): Promise<void>;
}

const TRIPLETS: Record<Architecture, string> = { amd64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' };
const SUITES: readonly Suite[] = ['bookworm', 'trixie', 'forky'];

/** Chromium itself, the libraries it is linked with, and one family of fonts: without one, all text is boxes. */
const WANTED = /^(chromium(-common)?|fonts-dejavu-core|lib.*)_/;
/** Those that only a desktop or a graphics card would load, half of the download; and glibc, which is the machine's. */
const UNWANTED = /^lib(c6|c-bin|perl|python|llvm|z3|gl1|glx|gtk|icu|systemd-shared|db5|gdbm|openh264-dev)[^_]*_/i;

/** Its own process sandbox does not work for root, and all that it is shown is ours. */
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];

/**
 * Starts Debian's Chromium without a window, unpacked into the state directory as the other programs are: nothing is
 * installed, and an ordinary user can do it.
 *
 * @throws {@link ConfigError} as {@link unpackDebianPackages} does
 */
export async function startChromium(): Promise<TestChromium> {
  const root = await unpackChromium();
  const home = await mkdtemp(join(tmpdir(), 'pgvouch-chromium-'));
  const remove = () => rm(home, { recursive: true, force: true });
  const fonts = join(home, 'fonts.conf');
  // Only these fonts, whatever the machine has: pictures come out the same everywhere.
  const dirs = `<dir>${root}/usr/share/fonts</dir><cachedir>${home}/fonts</cachedir>`;
  await writeFile(fonts, `<?xml version="1.0"?><fontconfig>${dirs}</fontconfig>`);
  const libraries = ['usr/lib', 'lib'].map((dir) => join(root, dir, TRIPLETS[hostArchitecture()]));
  try {
    const browser = await driver.launch({
      executablePath: join(root, 'usr/lib/chromium/chromium'),
      args: FLAGS,
      env: {
        PATH: process.env.PATH ?? '',
        HOME: home,
        LD_LIBRARY_PATH: [...libraries, `${libraries[0]}/pulseaudio`].join(':'),
        FONTCONFIG_FILE: fonts,
      },
    });
    return {
      context: (options) => browser.newContext(options),
      async end() {
        await browser.close();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Of the machine's own release, so that it fits the machine's glibc; of the oldest on anything else. */
async function unpackChromium(): Promise<string> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const suite = SUITES.find((name) => release.includes(`VERSION_CODENAME=${name}`)) ?? 'bookworm';
  const into = join(testStateDir, `chromium-${suite}-${hostArchitecture()}`);
  await unpackDebianPackages({
    suite,
    architecture: hostArchitecture(),
    packages: ['chromium', 'fonts-dejavu-core'],
    keep: (deb) => WANTED.test(deb) && !UNWANTED.test(deb),
    into,
    cacheDir: join(testStateDir, 'debian'),
    mirror: process.env.DEBIAN_MIRROR,
    what: 'Chromium',
  });
  return into;
}
