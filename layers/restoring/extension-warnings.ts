import { givenUpIn } from '../backup/given-up.ts';
import type { Manifest } from '../backup/manifest.ts';
import type { OfferedExtension } from '../postgres/places/restore-target.ts';

/**
 * What is known before a restore about extensions that will come in another version, or not at all: archives do not say
 * which version they had. Pure.
 *
 * @param offered - those of them that the server has
 * @returns a sentence each
 */
export function extensionWarnings(
  { source }: Pick<Manifest, 'source'>,
  offered: readonly Omit<OfferedExtension, 'ofOthers'>[],
): string[] {
  return source.extensions
    .filter(({ name }) => name !== 'plpgsql')
    .flatMap(({ name, version, schema }) => {
      const found = offered.find((one) => one.name === name);
      if (found === undefined) {
        const since = givenUpIn(name);
        const givenUp = since === undefined ? '' : `; PostgreSQL ${since} and newer have it no more`;
        return [`the server lacks the extension ${name}, which the backup has in version ${version}${givenUp}`];
      }
      if (found.version === version) return [];
      const advice = found.versions.includes(version)
        ? `to get that one, create it in the database first: CREATE EXTENSION ${name} SCHEMA ${schema} VERSION '${version}'`
        : 'what depends on that version may not come back';
      return [`the server brings ${name} ${found.version}; the backup has ${name} ${version}: ${advice}`];
    });
}
