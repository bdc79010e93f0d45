/** The result, or undefined if a relation has vanished since it was listed. */
export async function ifStillThere<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (!hasVanished(error)) throw error;
    return undefined;
  }
}

/** Whether the server said that a relation is not there: undefined_table, invalid_schema_name. */
export function hasVanished(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: string; message?: string };
  // A table dropped while its lock is waited for is reported by its oid, as an internal error.
  return code === '42P01' || code === '3F000' || /could not open relation with OID/.test(message ?? '');
}
