/**
 * What a complaint of the server's means for the backup.
 *
 * - `shortage`: the scratch server or its machine is too small, and stays so
 * - `passing`: another try may find nothing in its way, or somebody must see to the scratch server
 * - `lacking`: the scratch server has not what the original one had
 * - `rights`: the role that restores, or the owner of what is restored, may do less there than on the original server
 * - `release`: a server of another release does not know the words; on a server of the same release, the backup's fault
 * - `backup`: what was backed up cannot be restored
 */
export type Meaning = 'shortage' | 'passing' | 'lacking' | 'rights' | 'release' | 'backup';

/** One decision: who is at fault when the server says this. */
export interface Rule {
  /** Codes of the server's, or whole classes by their first two characters. pg_restore does not show them. */
  readonly sqlstates: readonly string[];
  readonly means: Meaning;
  /** What the server says, in English, from the beginning: further on a row may stand, which may hold any words. */
  readonly says: RegExp;
}

/** What the operating system says when it has no more of something. */
export const FULL = 'No space left on device|Disk quota exceeded|File too large|Cannot allocate memory';
/** Servers do not double the quotes that a name holds. */
const NAME = '"[^\\n]*?"';

function rule(sqlstates: string, means: Meaning, ...says: readonly string[]): Rule {
  return { sqlstates: sqlstates.split(' '), means, says: new RegExp(`^(?:${says.join('|')})`) };
}

/**
 * The first that fits counts; what none fits is the backup's fault, for all that we know.
 *
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
export const RULES: readonly Rule[] = [
  rule(
    '53100 53200',
    'shortage',
    'out of (shared )?memory',
    'could not resize shared memory',
    `could not [^:\n]*: (${FULL})`,
  ),
  rule('53400', 'shortage', 'temporary file size exceeds '),

  rule('53000 53300', 'passing', 'sorry, too many clients', 'too many connections', 'remaining connection slots'),
  rule('53000 58030', 'passing', 'could not fork', 'could not [^:\n]*: Too many open files'),
  rule('57P01 57P02 57P04 57P05 25P03 25P04', 'passing', 'terminating connection', 'terminating background worker'),
  rule('57P03', 'passing', 'the database system is '),
  rule('57014 55P03', 'passing', 'canceling statement due to '),
  rule(
    '40001 40P01 55P03 55006',
    'passing',
    'deadlock detected',
    'could not (obtain lock|serialize access)',
    `database ${NAME} is being accessed`,
  ),
  rule(
    'XX001 XX002',
    'passing',
    'invalid page in block',
    'could not read block',
    `index ${NAME} contains `,
    'missing chunk number',
  ),
  rule('25006', 'passing', 'cannot execute [A-Z ]+ (in a read-only transaction|during recovery)'),

  // Locales, and what they need.
  rule('22023 42704 F0000', 'lacking', `could not create locale ${NAME}`, `could not open collator for locale ${NAME}`),
  rule('42704', 'lacking', 'collation "pg_catalog\\.[^\\n]*?" for encoding "[^"]*" does not exist'),
  rule('22023', 'lacking', `time zone ${NAME} not recognized`, 'invalid value for parameter "TimeZone"'),
  // Files: of dictionaries, of libraries, of data that is read where it lies.
  rule(
    '58P01 58030 F0000',
    'lacking',
    `could not open [a-z-]+ file ${NAME}`,
    `could not (access|load) (file|library) ${NAME}`,
  ),
  rule('58P01 42501 58030', 'lacking', `could not (open|read|stat) (file|directory) "(?!base/|global/|pg_)[^"]*"`),
  rule('42883', 'lacking', `could not find function ${NAME} in file ${NAME}`),
  // Extensions, and what must be loaded at the server's start.
  rule('0A000 58P01 22023', 'lacking', `extension ${NAME} (is not available|has no (installation script|update path))`),
  rule(
    '55000 XX000',
    'lacking',
    '[^\n]* (must|can only) be (pre)?loaded (via|in|by|with|using) "?shared_preload_libraries',
    '[a-z_]+ is not in shared_preload_libraries',
    `extension ${NAME} must be preloaded`,
  ),
  rule('22023', 'lacking', `security label provider ${NAME} is not loaded`),
  // TimescaleDB as Debian builds it has not all that others have.
  rule('0A000', 'lacking', '[^\n]* (is )?not supported under the current "apache" license'),
  rule('42704', 'lacking', `unrecognized configuration parameter ${NAME}`, `tablespace ${NAME} does not exist`),
  rule(
    '0A000 22023',
    'lacking',
    'compression method [a-z0-9]+ not supported',
    '[^"\n]* not supported (by|in) this build',
  ),
  rule('0A000', 'lacking', '[^\n]*\nDETAIL: +This functionality requires the server to be built with '),
  rule('XX000', 'lacking', 'cache lookup failed for '),
  // A drill calls no other server: see foreign-access.ts.
  rule('55000', 'lacking', `foreign-data wrapper ${NAME} has no handler`),
  rule('38001', 'lacking', 'a drill connects to no other server'),
  // Nor does its server reach any, where it has no network: what curl says, and what languages say.
  rule(
    'XX000 38000 08000 08001 08006',
    'lacking',
    "(Could not|Couldn't) (resolve|connect)",
    'Failed to connect',
    '[A-Za-z.]+: [^\\n]*(Network is unreachable|in name resolution)',
  ),
  rule(
    '08 HV',
    'lacking',
    'could not (establish connection|connect to server)',
    'password (or GSSAPI delegated credentials )?required',
  ),

  rule('42501', 'rights', '[Pp]ermission denied ', '[Mm]ust be ', '[Mm]ust have ', '[Oo]nly (superusers?|roles) '),
  rule('42501', 'rights', 'query would be affected by row-level security'),
  rule('42704', 'rights', `role ${NAME} does not exist`),

  rule('42601 42704 22023 0A000', 'release', 'unrecognized ', 'syntax error ', 'invalid value for ', 'unsupported '),
  rule('42601 HV00D', 'release', `([a-z]+ )*option ${NAME} (is )?not recognized`),
  // From 18 on NOT NULL has a name, which a CHECK of an older server may have already.
  rule('42710', 'release', `constraint ${NAME} for relation ${NAME} already exists`),
  rule('42704 42883 42P01', 'release', '[a-z ]+"?pg_catalog"?\\.[^\n]* does not exist'),
];

/** Classes of errors that no rule is about: who is at fault, and why. */
export const UNRULED: Readonly<Record<string, string>> = {
  '00': 'no error',
  '01': 'a warning: pg_restore goes on',
  '02': 'no error: no data',
  '03': 'pg_restore sends one statement at a time',
  '09': 'the backup: a trigger or rule in it fails',
  '0B': 'pg_restore begins its transactions in one place',
  '0F': 'the backup: it names a large object that is not there',
  '0L': 'the backup: it grants by a grantor who may not',
  '0P': 'the backup: it grants a role in a circle',
  '0Z': 'the backup: a function in it asks for diagnostics where there are none',
  '10': 'the backup: an XQuery in it fails',
  '20': 'the backup: a function in it has no case for a row',
  '21': 'the backup: a subquery in it finds several rows',
  '23': 'the backup: its rows break its own constraints; see failure-hints.ts',
  '24': 'the backup: a function in it uses a cursor wrongly',
  '26': 'pg_restore prepares no statements',
  '27': 'the backup: a trigger in it changes what it must not',
  '28': 'the connection is refused before a statement is sent; that passes or somebody sees to it',
  '2B': 'pg_restore drops no roles',
  '2D': 'the backup: a function in it ends a transaction',
  '2F': 'the backup: a function in it does what it says it does not',
  '34': 'the backup: a function in it uses a cursor that is not there',
  '39': 'the backup: a function in it is called wrongly',
  '3B': 'pg_restore makes no savepoints',
  '3D': 'the connection is refused: the database of the drill is gone; that passes',
  '3F': 'the backup: it names a schema that is not in it',
  '44': 'the backup: a function in it writes past a view',
  '54': 'the backup: a statement or row in it is larger than any server allows',
  '72': 'only servers before 17 know it, and only where snapshots expire',
  P0: 'the backup: a function in it raises an error',
};
