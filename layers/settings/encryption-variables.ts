import * as z from 'zod';
import { anyText, type Shape, writtenAs } from './shapes.ts';
import type { Variable } from './variable.ts';

/** `age1…`: X25519, post-quantum hybrids (`age1pq1…`) and those on hardware tokens (`age1tag1…`, `age1tagpq1…`). */
const RECIPIENT = /^age1(?:(?:pq|tag|tagpq)1)?[02-9ac-hj-np-z]{50,}$/;

const POST_QUANTUM = /^age1(?:tag)?pq1/;

/** Separated by commas, spaces or lines; or a JSON array, as the file writes it. */
const recipients: Shape<string[]> = writtenAs(
  { type: 'array', items: { type: 'string' }, minItems: 1 },
  z
    .string()
    .transform((text) => text.split(/[\s,"[\]]+/).filter((word) => word !== ''))
    .refine((names) => names.length > 0, 'names no recipient')
    .refine((names) => names.every((name) => !/^AGE-SECRET-KEY-/i.test(name)), {
      message:
        'holds an identity, which is secret: it must name the recipient, which npx pgvouch keys new prints beside it',
      abort: true,
    })
    .refine((names) => names.every((name) => RECIPIENT.test(name)), 'must name recipients of age: age1…')
    .refine(
      (names) => new Set(names.map((name) => POST_QUANTUM.test(name))).size <= 1,
      'mixes post-quantum recipients with others, for whom a quantum computer would open it all the same: age refuses that, too',
    ),
);

/** For whom backups are sealed, and who opens them. */
export const ENCRYPTION_VARIABLES = {
  BACKUP_AGE_RECIPIENTS: {
    shape: recipients,
    without: 'backups are stored as they are',
    meaning:
      'Encrypt everything that a backup tells of the data, for these recipients of [age](https://age-encryption.org): `age1…`, several separated by commas. Each of them can open it alone. `npx pgvouch keys new` makes one; see [encryption](encryption.md)',
    readBy: ['dump', 'wal', 'base'],
    file: { at: 'encryption.recipients' },
    onAws: {},
  },
  BACKUP_AGE_IDENTITY: {
    shape: anyText,
    without: 'encrypted backups stay unproved: `intact`',
    meaning:
      'The identity that opens encrypted backups: `AGE-SECRET-KEY-…`, or the text of the file that `npx pgvouch keys new` wrote; it may hold several, a line each. Only what proves or restores backups reads it',
    readBy: ['verify', 'recovery', 'refresh'],
    file: { at: 'encryption.identity' },
    secret: true,
    onAws: {
      meaning: 'The ARN of the secret with the identity that opens encrypted backups; see [encryption](encryption.md)',
    },
  },
} as const satisfies Readonly<Record<string, Variable>>;
