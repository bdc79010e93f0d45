import { test } from 'vitest';
import { SCENES } from '../../support/status/scenes.ts';
import { expectGoodPage, statusVisits } from '../../support/status/visits.ts';

const visits = statusVisits();
const others = (Object.keys(SCENES) as (keyof typeof SCENES)[]).filter((name) => name !== 'trouble');

test.each(others)(
  'the page where things stand as in “%s” is accessible, quiet, whole and not too wide, by day, by night and on a phone',
  (scene) => expectGoodPage(visits, scene),
);
