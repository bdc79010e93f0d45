import type { TestPostgres } from '../servers/postgres.ts';

/** Encodings that databases are in, and text of each that is not ASCII: names, and what stands in rows. */
export const ENCODINGS = {
  LATIN1: { name: 'größe é ÿ', text: 'ÄÖÜ ß ×' },
  EUC_JP: { name: '注文 テーブル', text: '日本語 ヴ ﾃ' },
  WIN1251: { name: 'заказы', text: 'Ёж № €' },
  LATIN9: { name: 'prix €', text: 'Œuvre ž' },
  KOI8R: { name: 'заказы', text: 'привет ─│' },
  EUC_KR: { name: '주문', text: '한국어' },
  EUC_CN: { name: '订单', text: '中文' },
  EUC_TW: { name: '訂單', text: '中文' },
} as const;
export type Encoding = keyof typeof ENCODINGS;

/** A database in an encoding: names of all kinds, a role's too, and contents that only it can say. */
export function encodedSchema(encoding: Encoding): string {
  const { name, text } = ENCODINGS[encoding];
  return `
    CREATE ROLE "${name} ${encoding}";
    CREATE SCHEMA "${name}" AUTHORIZATION "${name} ${encoding}";
    CREATE TABLE "${name}"."${name}" ("${name}" text DEFAULT '${text}' CHECK ("${name}" <> '${name}'), n int);
    INSERT INTO "${name}"."${name}" (n) SELECT generate_series(1, 100);
    INSERT INTO "${name}"."${name}" VALUES ('${text.repeat(1000)}', 0), (NULL, NULL), ('\\N', 1);
    CREATE INDEX "index ${name}" ON "${name}"."${name}" (lower("${name}")) WHERE n > 1;
    CREATE TYPE "${name}"."enum ${name}" AS ENUM ('${text}');
    CREATE SEQUENCE "${name}"."sequence ${name}"; SELECT nextval('"${name}"."sequence ${name}"');
    CREATE FUNCTION "f ${name}"() RETURNS text LANGUAGE sql AS $$ SELECT '${text}'::text $$;
    COMMENT ON TABLE "${name}"."${name}" IS '${text}';
    ALTER TABLE "${name}"."${name}" OWNER TO "${name} ${encoding}";
    GRANT SELECT ON "${name}"."${name}" TO PUBLIC`;
}

/** Bytes that are text in no encoding, as a database of SQL_ASCII takes them. */
export const ASCII_SCHEMA = `
  CREATE TABLE bytes (t text DEFAULT E'\\351' CHECK (t <> E'\\377\\376'), e int);
  INSERT INTO bytes (e) VALUES (1);
  INSERT INTO bytes VALUES (E'\\201\\377 latin1 \\351', 2), (E'utf8 \\303\\251', 3), (repeat(E'\\200', 5000), 4);
  CREATE INDEX ON bytes (t) WHERE length(t) < 1000;
  CREATE TYPE odd AS ENUM (E'\\303\\251');
  CREATE TABLE "tablé" (a odd);
  INSERT INTO "tablé" SELECT e FROM unnest(enum_range(NULL::odd)) e;
  COMMENT ON TABLE bytes IS E'\\377'`;

/** Makes an empty database in an encoding. */
export async function makeEncoded(postgres: TestPostgres, database: string, encoding: string): Promise<void> {
  const create = `CREATE DATABASE "${database}" ENCODING '${encoding}' LOCALE 'C' TEMPLATE template0`;
  await postgres.sql('postgres', create);
}
