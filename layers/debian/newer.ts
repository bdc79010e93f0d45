import { readFile, writeFile } from 'node:fs/promises';
import { textOf } from '../backup/errors.ts';
import { currentPackages, type DebianPackage, type PackageRequest } from './debian-packages.ts';

/** What a look found. `failure` says why Debian could not be asked, in one sentence. */
export interface Look {
  readonly newer: boolean;
  readonly failure?: string;
}

/**
 * Whether Debian has other versions than the ones held. Security releases come at any time, so what was unpacked once
 * must not serve for ever.
 *
 * A mirror that cannot be reached is no failure: the packages held still work, and the caller says that nobody looked.
 *
 * @param stamp - a file that remembers when Debian was last asked
 * @param everyMs - an answer younger than this serves; 0 asks in any case, undefined in none
 */
export async function lookForNewer(
  request: PackageRequest,
  held: readonly DebianPackage[],
  stamp: string,
  everyMs: number | undefined,
): Promise<Look> {
  if (everyMs === undefined || Date.now() - (await lastLookMs(stamp)) < everyMs) return { newer: false };
  try {
    const current = await currentPackages(request);
    const newer = fingerprint(current) !== fingerprint(held);
    // Found out is not fetched: until that is done, everyone finds it out again.
    if (!newer) await rememberLook(stamp);
    return { newer };
  } catch (error) {
    request.signal?.throwIfAborted();
    return { newer: false, failure: textOf(error).replace(/\n.*/s, '') };
  }
}

/** What was fetched just now is as good as a look. */
export async function rememberLook(stamp: string): Promise<void> {
  await writeFile(stamp, `${new Date().toISOString()}\n`);
}

async function lastLookMs(stamp: string): Promise<number> {
  const text = await readFile(stamp, 'utf8').catch(() => '');
  const at = Date.parse(text.trim());
  // A clock that was ahead must not keep anyone from looking.
  return Number.isNaN(at) || at > Date.now() ? Number.NEGATIVE_INFINITY : at;
}

function fingerprint(packages: readonly DebianPackage[]): string {
  return packages
    .map(({ name, version }) => `${name}=${version}`)
    .sort()
    .join(' ');
}
