/** What globals say of roles. */
export interface GlobalRoles {
  readonly roles: readonly GlobalRole[];
  /** Memberships, and rights on parameters. */
  readonly grants: readonly Grant[];
}

export interface GlobalRole {
  readonly name: string;
  /** Those that decide what it may read: `SUPERUSER`, `BYPASSRLS`, `NOINHERIT`, … */
  readonly attributes: readonly string[];
}

export interface Grant {
  /** The statement, by whoever runs it. */
  readonly sql: string;
  /** The role that gets something of it, and what. */
  readonly member: string;
  readonly of: string;
}

const NAME = '(?:"(?:[^"]|"")+"|[a-z_][a-z0-9_$]*)';
const ROLE = new RegExp(`^CREATE ROLE (${NAME});$`, 'gm');
const ATTRIBUTES = new RegExp(`^ALTER ROLE (${NAME}) WITH ((?:(?:NO)?[A-Z]+ ?)+)`, 'gm');
const GRANT = new RegExp(
  `^(GRANT ([A-Z, ]+ ON PARAMETER ${NAME}|${NAME}) TO (${NAME})[^;"]*?)( GRANTED BY ${NAME})?;$`,
  'gm',
);
const OF_READING = /^(NO)?(SUPERUSER|INHERIT|BYPASSRLS)$/;

/**
 * The roles that globals create, their attributes that decide what they may read, and what they were granted. Passwords,
 * settings, tablespaces and who granted are left out. Pure.
 *
 * @see src/bin/pg_dump/pg_dumpall.c, dumpRoles and dumpRoleMembership: one statement a line
 */
export function rolesInGlobals(sql: string): GlobalRoles {
  const attributes = new Map(Array.from(sql.matchAll(ATTRIBUTES), ([, name = '', words = '']) => [name, words]));
  const roles = Array.from(sql.matchAll(ROLE), ([, name = '']) => ({
    name: unquote(name),
    attributes: (attributes.get(name) ?? '').split(' ').filter((word) => OF_READING.test(word)),
  }));
  const grants = Array.from(sql.matchAll(GRANT), ([, statement = '', of = '', member = '']) => ({
    sql: statement,
    member: unquote(member),
    of: unquote(of),
  }));
  // Granted twice, by two grantors, a role inherits if either says so; by one grantor the last word would count.
  const inherits = (grant: Grant) => Number(!grant.sql.includes('INHERIT FALSE'));
  return { roles, grants: grants.sort((a, b) => inherits(a) - inherits(b)) };
}

/**
 * The rights that roles without attributes and memberships lack, in words: `reporting is a member of readers`.
 */
export function rightsBeyondGrants({ roles, grants }: GlobalRoles): string[] {
  const special = (attribute: string) => attribute === 'SUPERUSER' || attribute === 'BYPASSRLS';
  const rights = [
    ...roles.flatMap(({ name, attributes }) => attributes.filter(special).map((one) => `${name} has ${one}`)),
    ...grants.map(({ member, of }) =>
      of.includes(' ON PARAMETER ') ? `${member} may ${of}` : `${member} is a member of ${of}`,
    ),
  ];
  return [...new Set(rights)];
}

function unquote(name: string): string {
  return /^".*"$/s.test(name) ? name.slice(1, -1).replaceAll('""', '"') : name;
}
