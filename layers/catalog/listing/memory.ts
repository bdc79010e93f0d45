import * as z from 'zod';
import type { ListedObject } from '../../backup/catalog.ts';

/** What an object said, and which version of it said so, as a listing showed it then. */
export interface Noted<T> {
  readonly key: string;
  /** Notes of older versions do not have it, and count for nothing. */
  readonly sizeBytes?: number | undefined;
  readonly modifiedAtMs: number;
  readonly etag?: string | undefined;
  readonly facts: T;
}

/** A list of {@link Noted} within a document. */
export function notedSchema<T extends z.ZodType>(facts: T) {
  return z.array(
    z.object({
      key: z.string(),
      sizeBytes: z.int().nonnegative().optional(),
      modifiedAtMs: z.number(),
      etag: z.string().optional(),
      facts,
    }),
  );
}

/** What documents said, each writing of an object for itself. */
export interface Memory<T> {
  /** Undefined of an object that was written anew, or that nobody read. */
  recall(object: ListedObject): T | undefined;
  remember(object: ListedObject, facts: T): void;
  /** What is remembered of these objects, for notes that {@link take} reads. */
  noted(objects: readonly ListedObject[]): Noted<T>[];
  take(notes: readonly Noted<T>[]): void;
}

/**
 * Remembers what documents said, so that each writing of an object is read once.
 *
 * @param most - so many are remembered, all by default; the ones not asked for the longest time go first
 */
export function openMemory<T>(most?: number): Memory<T> {
  const memory = new Map<string, Noted<T>>();

  function keep(one: Noted<T>): void {
    if (most !== undefined) memory.delete(one.key);
    memory.set(one.key, one);
    if (most === undefined || memory.size <= most) return;
    const [oldest] = memory.keys();
    if (oldest !== undefined) memory.delete(oldest);
  }

  function find(object: ListedObject): Noted<T> | undefined {
    const found = memory.get(object.key);
    if (found === undefined || !isOf(found, object)) return undefined;
    if (most !== undefined) keep(found);
    return found;
  }

  return {
    recall: (object) => find(object)?.facts,
    remember({ key, sizeBytes, modifiedAt, etag }, facts) {
      keep({ key, sizeBytes, modifiedAtMs: modifiedAt.getTime(), ...(etag !== undefined && { etag }), facts });
    },
    noted: (objects) => objects.flatMap((object) => find(object) ?? []),
    take(notes) {
      for (const one of notes) keep(one);
    },
  };
}

/** Whether a note is of this writing of the object. */
function isOf(note: Noted<unknown>, { sizeBytes, modifiedAt, etag }: ListedObject): boolean {
  if (note.sizeBytes !== sizeBytes || note.modifiedAtMs !== modifiedAt.getTime()) return false;
  return etag === undefined || note.etag === etag;
}
