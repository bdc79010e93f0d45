import { VaultError } from './errors.ts';
import { formatFiredAt, parseFiredAt } from './instant.ts';
import type { BackupName } from './keys.ts';
import type { Verdict, VerdictName } from './verdict.ts';

/** A bad verdict as verify's error says it: of which backup, and how bad. */
export interface BadVerdict extends BackupName {
  readonly verdict: 'corrupt' | 'unrestorable';
}

/** The subject of that error. The name stands in it as JSON has it: whatever it is, its end can be found. */
export function subjectOfVerdict({ database, firedAt }: BackupName): string {
  return `${JSON.stringify(database)}, backup ${formatFiredAt(firedAt)}`;
}

/** Begins the problem of verify's error. */
export function problemOfVerdict(verdict: VerdictName, reasons: readonly string[]): string {
  return `${verdict}: ${reasons.join(' ')}`;
}

/** A bad verdict as an error: thrown, it makes the platform's failure path raise the alarm. */
export function badVerdictError(name: BackupName, { verdict, reasons }: Verdict): VaultError {
  return new VaultError({
    operation: 'verify',
    subject: subjectOfVerdict(name),
    problem: problemOfVerdict(verdict, reasons),
    hint: verdict === 'corrupt' ? CORRUPT : UNRESTORABLE,
  });
}

const CORRUPT =
  'do not rely on this backup: take another one now, and find out what damaged the bucket; older backups are kept';
const UNRESTORABLE =
  'do not rely on this backup: fix the problem in the database, and take another one now; if the scratch server was at fault, fix that, and run `npx pgvouch verify` to try this backup again';

const SAID = /^verify ("(?:[^"\\]|\\.)*"), backup (\S+): (corrupt|unrestorable): /s;

/** Reads it again from the message, which is all that is left of an error; undefined if it is of anything else. */
export function readBadVerdict(message: string): BadVerdict | undefined {
  const [, name, at = '', verdict] = SAID.exec(message) ?? [];
  const firedAt = parseFiredAt(at);
  if (name === undefined || firedAt === undefined) return undefined;
  return { database: unquote(name), firedAt, verdict: verdict === 'corrupt' ? 'corrupt' : 'unrestorable' };
}

/** What an older version wrote may be no JSON. */
function unquote(name: string): string {
  try {
    return String(JSON.parse(name));
  } catch {
    return name.slice(1, -1);
  }
}
