import { ConfigError } from '../../layers/backup/errors.ts';
import type { Architecture } from '../../layers/debian/debian-packages.ts';
import { type DebianMajor, debianMajors } from '../../layers/debian/postgresql.ts';
import type { Environment } from '../../layers/settings/environment.ts';
import { namesIn } from '../../layers/settings/shapes.ts';

/** What an image is made of. */
export interface ImageOptions {
  readonly architecture: Architecture;
  /** Of the scratch servers, at least one. */
  readonly majors: readonly DebianMajor[];
  readonly extensions: readonly string[];
  readonly locales: readonly string[];
  readonly stateDir: string;
  readonly mirror: string | undefined;
}

/**
 * Reads the build arguments of deploy/Containerfile, which has their defaults.
 *
 * @throws {@link ConfigError} if one is malformed
 */
export function readImageOptions(env: Environment): ImageOptions {
  const architecture = (['amd64', 'arm64'] as const).find((known) => known === env.TARGETARCH);
  const names = namesIn(env.SCRATCH_MAJORS ?? '');
  const majors = debianMajors.filter((major) => names.includes(String(major)));
  if (architecture === undefined) throw malformed('TARGETARCH', env.TARGETARCH, 'amd64 or arm64');
  if (majors.length === 0 || majors.length < new Set(names).size) {
    throw malformed('SCRATCH_MAJORS', env.SCRATCH_MAJORS, `some of ${debianMajors.join(', ')}, separated by commas`);
  }
  return {
    ...{ architecture, majors },
    extensions: namesIn(env.SCRATCH_EXTENSIONS ?? ''),
    locales: namesIn(env.SCRATCH_LOCALES ?? ''),
    stateDir: env.PGVOUCH_STATE_DIR || '.pgvouch',
    mirror: env.DEBIAN_MIRROR || undefined,
  };
}

function malformed(argument: string, value: string | undefined, must: string): ConfigError {
  return new ConfigError({
    operation: 'build the image',
    problem: `${argument} is "${value ?? ''}"`,
    hint: `it must be ${must}`,
  });
}
