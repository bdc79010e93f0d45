import * as z from 'zod';
import { ConfigError, VaultError } from './errors.ts';

const headSchema = z.object({ format: z.string().startsWith('pgvouch/'), formatVersion: z.int() });

/**
 * Reads one of our JSON documents. Fields that this version does not know are ignored, so that a minor addition does not
 * lock older deployments out; a higher `formatVersion` means that ignoring would be wrong.
 *
 * @throws {@link VaultError} if the text is not JSON of the wanted format
 * @throws {@link ConfigError} if a newer pgvouch wrote it
 */
export function readDocument<T>(schema: DocumentSchema<T>, text: string, key: string): T {
  return readVersions([schema], text, key);
}

/** The schema of one version of a document. */
export type DocumentSchema<T> = z.ZodType<T> & {
  shape: { format: z.ZodLiteral<string>; formatVersion: z.ZodLiteral<number> };
};

/**
 * The same of a document that has several versions.
 *
 * @param versions - in their order
 */
export function readVersions<T>(
  versions: readonly [DocumentSchema<T>, ...DocumentSchema<T>[]],
  text: string,
  key: string,
): T {
  const format = versions[0].shape.format.value;
  const newest = versions.at(-1)?.shape.formatVersion.value ?? 0;
  const notOurs = (why: string, cause?: unknown) =>
    new VaultError({
      operation: 'read',
      subject: key,
      problem: `this is not a ${format} document: ${why}`,
      hint: 'another program wrote under this prefix, or the object is damaged; give pgvouch a BACKUP_PREFIX of its own',
      cause,
    });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw notOurs('it is not JSON', error);
  }
  const head = headSchema.safeParse(json);
  if (!head.success || head.data.format !== format) throw notOurs('its format field says otherwise');
  if (head.data.formatVersion > newest) {
    throw new ConfigError({
      operation: 'read',
      subject: key,
      problem: `it has format version ${head.data.formatVersion}, but this pgvouch only reads up to ${newest}`,
      hint: 'a newer pgvouch wrote it: deploy that version here too',
    });
  }
  const own = versions.find(({ shape }) => shape.formatVersion.value === head.data.formatVersion) ?? versions[0];
  const parsed = own.safeParse(json);
  if (!parsed.success) throw notOurs(problemsOf(parsed.error), parsed.error);
  return parsed.data;
}

/** Every problem that a schema found, as one line: `archive.sizeBytes: expected number`. */
export function problemsOf(error: z.ZodError): string {
  return error.issues.map((issue) => `${issue.path.join('.') || 'document'}: ${issue.message}`).join('; ');
}
