import { ConfigError } from '../../layers/backup/errors.ts';
import { formatFiredAt, parseFiredAt } from '../../layers/backup/instant.ts';
import { newestBase, type StoredBase } from '../../layers/wal/stored-base.ts';

/**
 * Finds the base backup that a word names: `2026-11-23T02-00-00Z`, as in its key, or `latest`. Pure.
 *
 * @throws {@link ConfigError} if there is none
 */
export function chooseBase(bases: readonly StoredBase[], word: string): StoredBase {
  const startedAt = parseFiredAt(word);
  const found =
    word === 'latest'
      ? newestBase(bases)
      : bases.find((base) => startedAt !== undefined && base.startedAt.getTime() === startedAt.getTime());
  if (found !== undefined) return found;
  const names = bases.map((base) => formatFiredAt(base.startedAt)).sort();
  throw new ConfigError({
    operation: 'find base backup',
    subject: word,
    problem: names.length === 0 ? 'the cluster has none' : `the cluster has ${names.slice(-MOST_NAMES).join(', ')}`,
    hint: names.length === 0 ? 'take one: npx pgvouch base' : 'name one of them, or use latest',
  });
}

/** Of more, the newest. */
const MOST_NAMES = 10;

/** `base backup 2026-11-23T02-00-00Z of cluster 7431234567890123456` */
export function baseWords({ startedAt, base }: StoredBase): string {
  return `base backup ${formatFiredAt(startedAt)} of cluster ${base.systemIdentifier}`;
}
