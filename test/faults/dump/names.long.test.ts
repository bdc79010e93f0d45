import { test } from 'vitest';
import { expectBackupUnder } from '../../support/world/odd-names.ts';

test.each([
  'with  spaces ',
  `quoted "twice" and 'once'`,
  'back\\slash',
  'sla/shes/../and/more',
  'key=value',
  'Ünïcode 🐘 データ',
  `${'é'.repeat(31)}x`,
  '-c',
  '%2F+!25&?#',
  'manifest.json',
  '$HOME `id` $(id)',
])('a database called %j is dumped and verified', expectBackupUnder);
