import type { Selection, SelectorName } from '../../../layers/backup/selection.ts';

/** What is left out, by the ends of the variables' names: `{ EXCLUDE_TABLE: ['logs*'] }`. */
export function leaving(patterns: Readonly<Record<string, readonly string[]>>): Selection {
  return Object.entries(patterns).flatMap(([name, list]) =>
    list.map((pattern) => ({ variable: `DUMP_${name}` as SelectorName, pattern })),
  );
}

/** A database with all that patterns have to do with: odd names, partitions, owned sequences, extensions, what refers to what. */
export const PARTED_SHOP = `
  CREATE SCHEMA audit; CREATE SCHEMA "Odd ""name"""; CREATE SCHEMA ext; CREATE SCHEMA sales;
  CREATE EXTENSION hstore SCHEMA ext;
  CREATE TYPE sales.mood AS ENUM ('good', 'bad');
  CREATE TABLE sales.orders (id serial PRIMARY KEY, how sales.mood DEFAULT 'good', more ext.hstore);
  INSERT INTO sales.orders SELECT g FROM generate_series(1, 5) g;
  CREATE TABLE sales.lines (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, o int REFERENCES sales.orders CHECK (o > 0));
  INSERT INTO sales.lines (o) SELECT g FROM generate_series(1, 4) g;
  CREATE TABLE customers (id int PRIMARY KEY, name text); INSERT INTO customers VALUES (1, 'Ada'), (2, 'Bob');
  CREATE TABLE logs (id int, at date, CHECK (id > 0)) PARTITION BY RANGE (id);
  CREATE TABLE logs_1 PARTITION OF logs FOR VALUES FROM (1) TO (10);
  CREATE TABLE logs_2 PARTITION OF logs FOR VALUES FROM (10) TO (20);
  CREATE INDEX ON logs (at); INSERT INTO logs SELECT g FROM generate_series(1, 15) g;
  CREATE TABLE "Logs$" (a int); INSERT INTO "Logs$" VALUES (1);
  CREATE TABLE "Bestell*ungen ü.v" (a int); INSERT INTO "Bestell*ungen ü.v" VALUES (1), (2);
  CREATE TABLE "Odd ""name"""."ta""ble" AS SELECT 1 AS a;
  CREATE TABLE audit.changes (id bigserial, what text); INSERT INTO audit.changes (what) VALUES ('x');
  CREATE FUNCTION audit.note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
  CREATE FUNCTION sales.note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
  CREATE TRIGGER note BEFORE INSERT ON sales.lines FOR EACH ROW EXECUTE FUNCTION sales.note();
  CREATE POLICY own ON sales.lines USING (o > 0);
  CREATE DOMAIN sales.amount AS int CHECK (VALUE > 0); CREATE DOMAIN audit.amount AS int CHECK (VALUE > 0);
  CREATE VIEW sales.recent AS SELECT * FROM sales.orders; CREATE SEQUENCE sales.free;
  CREATE MATERIALIZED VIEW sales.totals AS SELECT count(*) AS n FROM sales.orders; CREATE INDEX ON sales.totals (n);
  SELECT lo_from_bytea(0, 'abc');`;
