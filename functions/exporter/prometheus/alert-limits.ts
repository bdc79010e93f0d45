import { fillBetween } from '../../../layers/words/fill-between.ts';
import { LIMIT_WORDS, LIMITS } from './limits.ts';

const MARKS = { begin: '      # Made from limits.ts by npm run docs:alerts.', end: '      # End of what is made.' };

/**
 * Puts the records of all limits into alerts.yml, which has a place for them; the rest of the file stays as it is.
 *
 * @throws Error if the file has no such place
 */
export function fillAlertLimits(file: string): string {
  const records = Object.entries(LIMITS).map(([name, limit]) => {
    const comment = LIMIT_WORDS[name as keyof typeof LIMITS];
    return `      # ${comment}\n      - record: pgvouch:limit:${recordName(name)}\n        expr: ${expression(name, limit)}\n`;
  });
  return fillBetween(file, MARKS, records.join(''));
}

/** `backupAgeMs` → `backup_age_seconds`: Prometheus counts in base units. */
function recordName(name: string): string {
  return name.replace(/Ms$/, 'Seconds').replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** As people write it: `25 * 3600`, `150 * 86400`, `500e9`. */
function expression(name: string, limit: number): string {
  if (!name.endsWith('Ms')) return limit % 1e9 === 0 ? `${limit / 1e9}e9` : String(limit);
  const hours = limit / 3_600_000;
  return hours % 24 === 0 ? `${hours / 24} * 86400` : `${hours} * 3600`;
}
