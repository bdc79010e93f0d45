import pg from 'pg';
import {
  type DatabaseGrant,
  type DatabaseProperties,
  type DatabaseSetting,
  DEFAULT_GRANTS,
  type PropertyPart,
  settingItems,
  settingName,
} from '../../backup/database-properties.ts';

/** One of the statements that bring a database's own properties back. */
export interface PropertyStatement {
  /** What it brings, without any value: `setting search_path`. */
  readonly what: string;
  readonly sql: string;
  /** What no message may repeat. */
  readonly value?: string;
}

export interface PropertyStatements {
  /** Before the data: what values may depend on, and that nobody else gets in. */
  readonly before: readonly PropertyStatement[];
  /** After the data: what would hinder its restore. */
  readonly after: readonly PropertyStatement[];
}

/**
 * The statements that give a database the properties of another one. Pure.
 *
 * A function may read any setting with a dot in its name, and a materialized view is filled by functions; text and
 * numbers are read and written by some others. Those come first. All else comes last: a database that is read-only, has
 * no connections left or loads a library that is not there could not be restored into.
 *
 * @param name - of the database, which may be another one than before; not quoted yet
 * @param without - what is left out
 */
export function propertyStatements(
  name: string,
  properties: DatabaseProperties,
  without: readonly PropertyPart[],
): PropertyStatements {
  const database = `DATABASE ${pg.escapeIdentifier(name)}`;
  const unless = (part: PropertyPart, statements: PropertyStatement[]) => (without.includes(part) ? [] : statements);
  const early = (setting: DatabaseSetting) => setting.role === null && isForValues(setting.name);
  const { settings, comment, securityLabels, connectionLimit } = properties;
  const { revokes, grants, ownRevokes } = grantStatements(database, properties);
  const set = (setting: DatabaseSetting) => ({
    what: settingName(setting),
    sql: settingSql(database, setting),
    value: setting.value,
  });
  const limit = `ALTER ${database} CONNECTION LIMIT ${connectionLimit}`;
  return {
    before: [...unless('grants', revokes), ...settings.filter(early).map(set)],
    after: [
      ...unless('owner', [
        { what: 'owner', sql: `ALTER ${database} OWNER TO ${pg.escapeIdentifier(properties.owner)}` },
      ]),
      ...(comment === null ? [] : [{ what: 'comment', sql: `COMMENT ON ${database} IS ${pg.escapeLiteral(comment)}` }]),
      ...securityLabels.map(({ provider, label }) => ({
        what: `security label of ${provider}`,
        sql: `SECURITY LABEL FOR ${pg.escapeIdentifier(provider)} ON ${database} IS ${pg.escapeLiteral(label)}`,
      })),
      ...settings.filter((setting) => !early(setting)).map(set),
      ...unless('grants', grants),
      ...unless('template', [
        ...(properties.isTemplate ? [{ what: 'template flag', sql: `ALTER ${database} IS_TEMPLATE true` }] : []),
      ]),
      ...(connectionLimit === -1 ? [] : [{ what: 'connection limit', sql: limit }]),
      ...(without.includes('owner') ? [] : unless('grants', ownRevokes)),
    ],
  };
}

const FOR_VALUES = [
  ...['timezone', 'timezone_abbreviations', 'datestyle', 'intervalstyle', 'bytea_output', 'extra_float_digits'],
  ...['lc_monetary', 'lc_numeric', 'lc_time', 'default_text_search_config'],
];

function isForValues(name: string): boolean {
  return name.includes('.') || FOR_VALUES.includes(name.toLowerCase());
}

function settingSql(database: string, setting: DatabaseSetting): string {
  const { role, name } = setting;
  const who = role === null ? database : `ROLE ${pg.escapeIdentifier(role)} IN ${database}`;
  const items = settingItems(setting).map((item) => pg.escapeLiteral(item));
  return `ALTER ${who} SET ${pg.escapeIdentifier(name)} TO ${items.join(', ')}`;
}

function grantStatements(database: string, { owner, grants }: DatabaseProperties) {
  const held = (role: string | null) => grants.filter((grant) => grant.role === role).map(({ privilege }) => privilege);
  const revoke = (who: string, to: string, privileges: readonly string[]) =>
    privileges.length === 0
      ? []
      : [{ what: `REVOKE of ${who}`, sql: `REVOKE ${privileges.join(', ')} ON ${database} FROM ${to}` }];
  const missing = (of: readonly string[], role: string | null) => of.filter((one) => !held(role).includes(one));
  // To an owner by his name only what he has not by default: there he may be another one.
  const given = grants.filter(({ role, privilege }) => {
    const byDefault: readonly string[] =
      role === null ? DEFAULT_GRANTS.public : role === owner ? DEFAULT_GRANTS.owner : [];
    return !byDefault.includes(privilege);
  });
  return {
    revokes: revoke('PUBLIC', 'PUBLIC', missing(DEFAULT_GRANTS.public, null)),
    grants: given.map((grant) => grantStatement(database, grant)),
    ownRevokes: revoke('the owner', pg.escapeIdentifier(owner), missing(DEFAULT_GRANTS.owner, owner)),
  };
}

function grantStatement(database: string, { role, privilege, grantable }: DatabaseGrant): PropertyStatement {
  const to = role === null ? 'PUBLIC' : pg.escapeIdentifier(role);
  return {
    what: `GRANT of ${privilege} to ${role === null ? 'PUBLIC' : `"${role}"`}`,
    sql: `GRANT ${privilege} ON ${database} TO ${to}${grantable ? ' WITH GRANT OPTION' : ''}`,
  };
}
