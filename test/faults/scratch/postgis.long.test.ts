import { test } from 'vitest';
import { extensionShop } from '../../support/world/extension-shop.ts';

const PLACES = `
  INSERT INTO spatial_ref_sys (srid, proj4text) VALUES (990000, '+proj=longlat');
  CREATE TABLE places (id int PRIMARY KEY, at geometry(Point, 4326));
  INSERT INTO places SELECT g, ST_SetSRID(ST_MakePoint(g % 90, g % 80), 4326) FROM generate_series(1, 200) g;
  CREATE INDEX ON places USING gist (at);
  CREATE MATERIALIZED VIEW projected AS SELECT id, ST_Transform(at, 3857) AS at FROM places`;

const shop = extensionShop({ postgis: PLACES });

test(
  'a database with PostGIS, too, is restorable, and no job of it fires in the drill',
  () => shop.expectToBeProved(),
  400_000,
);
