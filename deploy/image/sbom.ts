import type { Architecture, DebianPackage } from '../../layers/debian/debian-packages.ts';

/** A Debian package, and the suite that it was taken from. */
export interface FoundPackage extends DebianPackage {
  readonly suite: string;
}

/**
 * Debian packages as components of a CycloneDX list, each once, by name. Pure.
 *
 * @see https://github.com/package-url/purl-spec/blob/main/types-doc/deb-definition.md
 */
export function debianComponents(packages: readonly FoundPackage[], architecture: Architecture) {
  const components = packages.map(({ name, version, suite }) => ({
    ...{ type: 'library', name, version },
    purl: `pkg:deb/debian/${encodeURIComponent(name)}@${encodeURIComponent(version)}?arch=${architecture}&distro=${suite}`,
  }));
  const byPurl = new Map(components.map((one) => [one.purl, one]));
  return [...byPurl.values()].sort((a, b) => (a.purl < b.purl ? -1 : 1));
}
