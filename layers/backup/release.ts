/** A release of PostgreSQL: `15.20` is major 15, minor 20. Majors differ in what they can do, minors only in their repairs. */
export interface Release {
  readonly major: number;
  /** -1 for what came before the first: betas and release candidates. */
  readonly minor: number;
}

/**
 * Reads a version as servers and programs state it, with whatever the distribution adds: `15.20 (Debian 15.20-0+deb12u1)`.
 *
 * @see https://www.postgresql.org/support/versioning/
 */
export function releaseOf(version: string): Release {
  const [, major = '0', minor] = /^(\d+)(?:\.(\d+))?/.exec(version.trim()) ?? [];
  return { major: Number(major), minor: minor === undefined ? -1 : Number(minor) };
}

/** `15.20`, without what the distribution adds. */
export function shortVersion(version: string): string {
  return version.trim().split(/\s/, 1)[0] ?? '';
}

/** Whether one is of the same major as the other and lacks repairs that it has. Across majors nothing can be said. */
export function lacksRepairs(version: string, other: string): boolean {
  const [one, two] = [releaseOf(version), releaseOf(other)];
  return one.major === two.major && one.minor < two.minor;
}

/** Oldest first. */
export function byRelease(a: string, b: string): number {
  const [one, two] = [releaseOf(a), releaseOf(b)];
  return one.major - two.major || one.minor - two.minor;
}
