import type { VerdictName } from './verdict.ts';

/** What keeps a `readable` backup from being `restorable`, and what helps. */
export interface Obstacle {
  readonly class: ObstacleClass;
  /** One sentence. */
  readonly advice: string;
}

export type ObstacleClass = (typeof OBSTACLE_CLASSES)[number];

/**
 * Each with what a verdict's reasons say of it: verdicts of every version are read by their sentences. The first that fits
 * counts. The sentences of today are in functions/verify/why-unproved.ts, and the test goes through them.
 */
const OBSTACLES = [
  ['off', /^No restore was tried\.$/, 'Set DRILL=on: restores are then tried.'],
  [
    'room',
    /ran out of disk or memory|[kMGTP]B of disk|there is disk only for|^The disk was full|^No restore was tried: in pieces |was restored in pieces, and functions|No space left|Out of memory/i,
    'Give drills more disk or memory (DRILL_FOLDER, DRILL_DISK_MB, the size of the function, VERIFY_ON=fargate on AWS), or set DRILL_DATABASE_URL.',
  ],
  [
    'extension',
    /lacks the extension|^The scratch server has .+; the backup has|^The extension .+ was left out|extension control file|extension "[^"]+" (is not available|has no |must be preloaded)|shared_preload_libraries|unrecognized configuration parameter "[^"]+\.|security label provider .+ is not loaded|under the current "apache" license/,
    'Let drills use Debian packages (SCRATCH_CACHE_DIR), build the image or the layer on AWS with SCRATCH_EXTENSIONS, use such an image on AWS (VERIFY_ON=fargate), or set DRILL_DATABASE_URL to a server that has the extension in this version.',
  ],
  ['order', /order of text/, 'Set DRILL_DATABASE_URL to a server with the same versions of the C library and of ICU.'],
  [
    'locale',
    /lacks the (locale|collation)|collation|could not create locale|could not open collator|^Locales could not be had/,
    'Let drills use Debian packages (SCRATCH_CACHE_DIR), build the image or the layer on AWS with SCRATCH_LOCALES, use such an image on AWS (VERIFY_ON=fargate), or set DRILL_DATABASE_URL to a server that has the locale.',
  ],
  [
    'time',
    /ran out of time/,
    'Give verify more time (VERIFY_TIMEOUT), or run npx pgvouch verify on a machine that has it.',
  ],
  [
    'rights',
    /no attributes and no memberships|permission denied|must be (owner|superuser)/,
    'Let drills use their own scratch server, or give the role of DRILL_DATABASE_URL superuser rights.',
  ],
  ['release', / and refused: /, 'Use a scratch server of the newest minor release.'],
  [
    'server',
    /^No restore was tried: |^The scratch server (refused|stopped)/,
    'See that verify has a scratch server (SCRATCH_POSTGRES_DIR, SCRATCH_CACHE_DIR) of the major of the client, or a newer one.',
  ],
] as const satisfies readonly (readonly [string, RegExp, string])[];

export const OBSTACLE_CLASSES = [...OBSTACLES.map(([name]) => name), 'other'] as const;

interface Judged {
  readonly verdict: VerdictName;
  readonly reasons: readonly string[];
}

/**
 * What stood in the way of a proof, each once, in the order of the table; empty unless the verdict is `readable`. Pure.
 */
export function obstaclesOf({ verdict, reasons }: Judged): Obstacle[] {
  if (verdict !== 'readable') return [];
  const classes = new Set(reasons.map(classOf));
  const found = OBSTACLES.filter(([name]) => classes.has(name)).map(([name, , advice]) => ({ class: name, advice }));
  return found.length > 0 ? found : [{ class: 'other', advice: 'docs/drills.md says what a drill needs.' }];
}

function classOf(reason: string): ObstacleClass | undefined {
  return OBSTACLES.find(([, says]) => says.test(reason))?.[0];
}
