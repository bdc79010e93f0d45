import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '../backup/errors.ts';

/** One place that packages come from, as far as it concerns us. */
export interface AptSource {
  readonly uri: string;
  readonly suites: readonly string[];
  readonly components: readonly string[];
  readonly signedBy: string;
}

/** Where Debian's packages come from: releases and their updates from one address, security updates from the other. */
export interface DebianMirrors {
  readonly main: string;
  readonly security: string;
}

/**
 * Finds the Debian mirrors that this machine itself uses, so that ours are as near and as reachable.
 *
 * @param configured - `DEBIAN_MIRROR`: one address, or two separated by a space, the second of the security suites
 * @param aptDir - where apt keeps its configuration, `/etc/apt`
 * @throws {@link ConfigError} if nothing is configured, and no source there serves Debian's own packages
 */
export async function findDebianMirrors(configured?: string, aptDir = '/etc/apt'): Promise<DebianMirrors> {
  const [main, security] = (configured ?? '').split(/\s+/).filter(Boolean).map(trimmed);
  if (main !== undefined) return { main, security: security ?? securityBeside(main) };
  const sources = await readSources(aptDir);
  const found = sources.find(servesDebian);
  if (found) {
    const secured = sources.find(servesSecurity);
    const uri = trimmed(found.uri);
    return { main: uri, security: secured ? trimmed(secured.uri) : securityBeside(uri) };
  }
  throw new ConfigError({
    operation: 'find a Debian mirror in',
    subject: aptDir,
    problem: 'no source there serves Debian main',
    hint: 'set DEBIAN_MIRROR to the address of one',
  });
}

async function readSources(aptDir: string): Promise<AptSource[]> {
  const parts = (await readdir(join(aptDir, 'sources.list.d')).catch(() => [])).sort();
  const sources: AptSource[] = [];
  for (const file of ['sources.list', ...parts.map((part) => join('sources.list.d', part))]) {
    const text = await readFile(join(aptDir, file), 'utf8').catch(() => '');
    if (file.endsWith('.sources')) sources.push(...parseDeb822(text));
    else if (file.endsWith('.list')) sources.push(...parseOneLine(text));
  }
  return sources;
}

/** Mirrors keep both side by side, as deb.debian.org does. @see https://www.debian.org/security/ */
function securityBeside(main: string): string {
  return `${main}-security`;
}

function trimmed(address: string): string {
  return address.replace(/\/+$/, '');
}

/** Reads `*.sources`: stanzas of fields. @see sources.list(5), DEB822-STYLE FORMAT */
export function parseDeb822(text: string): AptSource[] {
  const sources: AptSource[] = [];
  for (const stanza of text.replace(/^#.*\n?/gm, '').split(/\n\s*\n/)) {
    const fields = new Map<string, string>();
    for (const [, name = '', value = ''] of stanza.matchAll(/^([\w-]+):((?:.*)(?:\n[ \t]+.*)*)/gm)) {
      fields.set(name.toLowerCase(), value.trim());
    }
    const words = (name: string) => (fields.get(name) ?? '').split(/\s+/).filter(Boolean);
    if (/^(no|false|off|0)$/i.test(fields.get('enabled') ?? 'yes') || !words('types').includes('deb')) continue;
    const facts = { suites: words('suites'), components: words('components'), signedBy: fields.get('signed-by') ?? '' };
    for (const uri of words('uris')) sources.push({ uri, ...facts });
  }
  return sources;
}

/** Reads `*.list`: `deb [options] uri suite component…`. @see sources.list(5), ONE-LINE-STYLE FORMAT */
export function parseOneLine(text: string): AptSource[] {
  const sources: AptSource[] = [];
  for (const line of text.split('\n')) {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+(\S+)\s+([^#]*)/.exec(line);
    if (!match) continue;
    const [, options = '', uri = '', suite = '', components = ''] = match;
    const signedBy = /signed-by=(\S+)/.exec(options)?.[1] ?? '';
    sources.push({ uri, suites: [suite], components: components.split(/\s+/).filter(Boolean), signedBy });
  }
  return sources;
}

/** Others name their suites and components as Debian does, so the key or the address must be Debian's as well. */
function servesDebian(source: AptSource): boolean {
  return isDebians(source, /\/debian(\.list)?\/*$/) && !isSecurity(source) && source.components.includes('main');
}

function servesSecurity(source: AptSource): boolean {
  return isDebians(source, /\/debian-security\/*$/) && isSecurity(source) && source.components.includes('main');
}

function isDebians({ uri, signedBy }: AptSource, address: RegExp): boolean {
  return address.test(uri) || /debian-archive/.test(signedBy);
}

function isSecurity({ uri, suites }: AptSource): boolean {
  return /security/.test(uri) || suites.every((suite) => /security/.test(suite));
}
