import * as z from 'zod';
import { readVersions } from './document.ts';
import { fallSchema, type Manifest, manifestSchema } from './manifest.ts';

const { source } = manifestSchema.shape;

export const sealedManifestSchema = manifestSchema
  .pick({
    ...{
      format: true,
      database: true,
      firedAt: true,
      snapshotAt: true,
      finishedAt: true,
      durationMs: true,
      time: true,
    },
    ...{ attempt: true, server: true, snapshot: true, archive: true, globals: true, client: true },
  })
  .extend({
    formatVersion: z.literal(2),
    source: source.pick({ sizeBytes: true }),
    fall: fallSchema.pick({ since: true, archiveBytes: true }).optional(),
    /** The whole manifest of version 1, as an age file in its armor. */
    sealed: z.string().regex(/^-----BEGIN AGE ENCRYPTED FILE-----/),
  });

/**
 * `manifest.json`, format version 2: of a backup that is sealed. It tells where its objects are, their sizes and hashes, and
 * of which server they are; what the database holds is in `sealed`. See docs/encryption.md.
 */
export type SealedManifest = z.infer<typeof sealedManifestSchema> & {
  readonly [Field in Exclude<keyof Manifest, keyof z.infer<typeof sealedManifestSchema>>]?: undefined;
} & { readonly source: { readonly [Field in Exclude<keyof Manifest['source'], 'sizeBytes'>]?: undefined } };

/** A manifest as it lies in the vault. What both have, everybody may go by. */
export type StoredManifest = Manifest | SealedManifest;

/** @throws {@link VaultError} if the text is not a manifest, ConfigError if a newer version wrote it */
export function parseStoredManifest(text: string, key: string): StoredManifest {
  return readVersions<StoredManifest>([manifestSchema, sealedManifestSchema], text, key);
}

export function isSealed(manifest: StoredManifest): manifest is SealedManifest {
  return manifest.formatVersion === 2;
}

/**
 * What of a manifest stays open when it is sealed. Pure.
 *
 * @param sealed - the whole of it, sealed
 */
export function openPart(manifest: Manifest, sealed: string): SealedManifest {
  // The schema leaves out what it does not name.
  return sealedManifestSchema.parse({ ...manifest, formatVersion: 2, sealed });
}

/** Whether the open part of a manifest is that of the manifest in it: another's would lead to other objects. Pure. */
export function isOwnPart(stored: SealedManifest, manifest: Manifest): boolean {
  const text = (one: SealedManifest) => JSON.stringify(one);
  // Parsed once more, for fields come in the order of the schema then.
  return text(sealedManifestSchema.parse(stored)) === text(openPart(manifest, stored.sealed));
}
