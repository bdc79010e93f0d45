import { expect, test } from 'vitest';
import { rightsBeyondGrants, rolesInGlobals } from '../../../layers/postgres/places/global-roles.ts';

const GLOBALS = `
SET default_transaction_read_only = off;
CREATE ROLE app;
ALTER ROLE app WITH NOSUPERUSER NOINHERIT NOCREATEROLE NOCREATEDB LOGIN NOREPLICATION NOBYPASSRLS PASSWORD 'SUPERUSER; x';
CREATE ROLE "The ""boss""";
ALTER ROLE "The ""boss""" WITH SUPERUSER INHERIT CREATEROLE CREATEDB LOGIN REPLICATION BYPASSRLS CONNECTION LIMIT 7;
ALTER ROLE app SET search_path TO 'GRANT a TO b';
CREATE TABLESPACE fast OWNER app LOCATION '/fast';
GRANT "The ""boss""" TO app GRANTED BY postgres;
GRANT readers TO app WITH INHERIT TRUE GRANTED BY postgres;
GRANT readers TO app WITH ADMIN OPTION, INHERIT FALSE, SET FALSE GRANTED BY "The ""boss""";
GRANT pg_read_all_data TO app;
GRANT SET ON PARAMETER log_statement TO app;
GRANT CREATE ON TABLESPACE fast TO app;
`;

test('of globals only roles, what decides what they may read, and what they were granted are taken', () => {
  const found = rolesInGlobals(GLOBALS);
  expect(found.roles).toEqual([
    { name: 'app', attributes: ['NOSUPERUSER', 'NOINHERIT', 'NOBYPASSRLS'] },
    { name: 'The "boss"', attributes: ['SUPERUSER', 'INHERIT', 'BYPASSRLS'] },
  ]);
  expect(found.grants.map(({ sql }) => sql)).toEqual([
    'GRANT readers TO app WITH ADMIN OPTION, INHERIT FALSE, SET FALSE',
    'GRANT "The ""boss""" TO app',
    'GRANT readers TO app WITH INHERIT TRUE',
    'GRANT pg_read_all_data TO app',
    'GRANT SET ON PARAMETER log_statement TO app',
  ]);
  expect(rightsBeyondGrants(found)).toEqual([
    'The "boss" has SUPERUSER',
    'The "boss" has BYPASSRLS',
    'app is a member of readers',
    'app is a member of The "boss"',
    'app is a member of pg_read_all_data',
    'app may SET ON PARAMETER log_statement',
  ]);
});
