import * as z from 'zod';

/** What PostgreSQL keeps of a database outside of it; pg_restore brings it only with `--create`. */
export const databasePropertiesSchema = z.object({
  owner: z.string(),
  tablespace: z.string(),
  /** Sessions at a time; -1 for no limit. */
  connectionLimit: z.int(),
  isTemplate: z.boolean(),
  comment: z.string().nullable(),
  securityLabels: z.array(z.object({ provider: z.string(), label: z.string() })),
  /** All that anybody may do with it, what PostgreSQL grants by default included; a role of null is PUBLIC. */
  grants: z.array(z.object({ role: z.string().nullable(), privilege: z.string(), grantable: z.boolean() })),
  /** `ALTER DATABASE … SET`; with a role `ALTER ROLE … IN DATABASE … SET`. Values as the catalog has them. */
  settings: z.array(z.object({ role: z.string().nullable(), name: z.string(), value: z.string() })),
});

/** What belongs to a database itself, under `source.properties` of its manifest. */
export type DatabaseProperties = z.infer<typeof databasePropertiesSchema>;
export type DatabaseGrant = DatabaseProperties['grants'][number];
export type DatabaseSetting = DatabaseProperties['settings'][number];

/** The parts of a database's properties that a restore may be asked to leave out. */
export const PROPERTY_PARTS = ['owner', 'grants', 'tablespace', 'template'] as const;
export type PropertyPart = (typeof PROPERTY_PARTS)[number];

/** What every database grants unless somebody revokes it. @see src/backend/utils/adt/acl.c, acldefault */
export const DEFAULT_GRANTS = {
  public: ['CONNECT', 'TEMPORARY'],
  owner: ['CONNECT', 'CREATE', 'TEMPORARY'],
} as const;

/** The name under which a setting is mentioned, without its value. */
export function settingName({ role, name }: Pick<DatabaseSetting, 'role' | 'name'>): string {
  return role === null ? `setting ${name}` : `setting ${name} of the role "${role}"`;
}

/**
 * A setting's value, item by item where it is a list of names: `sales, "Odd ""name"""` may be written otherwise and say
 * the same. All others are one item.
 *
 * @see src/bin/pg_dump/dumputils.c, variable_is_guc_list_quote and SplitGUCList
 */
export function settingItems({ name, value }: Pick<DatabaseSetting, 'name' | 'value'>): string[] {
  if (!NAME_LISTS.includes(name.toLowerCase()) || value.trim() === '') return [value];
  const found = value.matchAll(/\s*(?:"((?:[^"]|"")*)"|([^",]+))\s*(?:,|$)/g);
  return Array.from(found, ([, quoted, plain = '']) => quoted?.replaceAll('""', '"') ?? plain.trim());
}

const NAME_LISTS = [
  ...['local_preload_libraries', 'search_path', 'session_preload_libraries', 'shared_preload_libraries'],
  ...['temp_tablespaces', 'unix_socket_directories'],
];
