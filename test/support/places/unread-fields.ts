/**
 * Which fields of an object whoever read it never asked for. A validator that was made of a schema reads all that the
 * schema has: what it leaves is misspelt, or unknown to that version.
 *
 * @returns paths such as `spec.ports.0.port`, in order
 */
export function unreadFields<T>(object: T, read: (recorded: T) => unknown): string[] {
  const seen = new Map<object, Set<PropertyKey>>();
  const record = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    const target = value;
    const keys = seen.get(target) ?? new Set();
    seen.set(target, keys);
    return new Proxy(target, {
      get(_, key) {
        keys.add(key);
        return record(Reflect.get(target, key));
      },
    });
  };
  read(record(object) as T);
  const unread = (value: unknown, path: readonly string[]): string[] => {
    if (typeof value !== 'object' || value === null) return [];
    return Object.entries(value).flatMap(([key, inner]) => {
      const here = [...path, key];
      return seen.get(value)?.has(key) ? unread(inner, here) : [here.join('.')];
    });
  };
  return unread(object, []);
}
