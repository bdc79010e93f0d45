import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '../../backup/errors.ts';

/** One place that packages come from, as far as it concerns us. */
export interface AptSource {
  readonly uri: string;
  readonly suites: readonly string[];
  readonly components: readonly string[];
  readonly signedBy: string;
}

/**
 * Finds the Debian mirror that this machine itself uses, so that ours is as near and as reachable.
 *
 * @param aptDir - where apt keeps its configuration, `/etc/apt`
 * @throws {@link ConfigError} if no source there serves Debian's own packages
 */
export async function findDebianMirror(aptDir = '/etc/apt'): Promise<string> {
  const parts = (await readdir(join(aptDir, 'sources.list.d')).catch(() => [])).sort();
  for (const file of ['sources.list', ...parts.map((part) => join('sources.list.d', part))]) {
    const text = await readFile(join(aptDir, file), 'utf8').catch(() => '');
    const sources = file.endsWith('.sources') ? parseDeb822(text) : file.endsWith('.list') ? parseOneLine(text) : [];
    const found = sources.find(servesDebian);
    if (found) return found.uri.replace(/\/+$/, '');
  }
  throw new ConfigError({
    operation: 'find a Debian mirror in',
    subject: aptDir,
    problem: 'no source there serves Debian main',
    hint: 'set DEBIAN_MIRROR to the address of one',
  });
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
  const debians = /\/debian(\.list)?\/*$/.test(source.uri) || /debian-archive/.test(source.signedBy);
  const security = /security/.test(source.uri) || source.suites.every((suite) => /security/.test(suite));
  return debians && !security && source.components.includes('main');
}
