import { expect, test } from 'vitest';
import {
  doubt,
  NO_PIECES,
  noRoom,
  noServer,
  stuck,
  unknownNames,
  whyTooLarge,
} from '../../../functions/verify/why-unproved.ts';
import { type ObstacleClass, obstaclesOf } from '../../../layers/backup/unproved.ts';
import { sampleManifest } from '../../support/world/sample-manifest.ts';

const { source } = sampleManifest({ database: 'shop', firedAt: new Date('2026-05-14T10:00:00Z') });
const sizes = { wholeBytes: 52e9, piecesBytes: 9e8, freeBytes: 1e8 };

/** Those that repeat what a server said are heard from servers: test/integration/verify/unproved-sentences.test.ts. */
const CASES: readonly [ObstacleClass, string][] = [
  ['server', noServer(18)],
  ['room', noRoom({ folder: '/tmp', ...sizes })],
  ['room', whyTooLarge(['"public"."orders"'], 52e9, 9e9)],
  ['room', whyTooLarge(['a', 'b', 'c', 'd'], 52e9, 9e9)],
  ['room', unknownNames(['"public"."ärger"'], { source: { ...source, encoding: 'LATIN1' } })],
  ['room', NO_PIECES],
  ['room', stuck({ done: 0, idleRuns: 3, full: true })],
  ['room', stuck({ done: 2, idleRuns: 3, full: true })],
  ['time', stuck({ done: 1, idleRuns: 3 })],
  ['room', doubt('pg_restore failed: a CHECK.')],
];

test.each(CASES)('%s: %s', (name, reason) => {
  const reasons = [reason, 'Everything else was restored and compared equal.'];
  expect(obstaclesOf({ verdict: 'readable', reasons }).map((one) => one.class)).toEqual([name]);
});

test('the advice is good on AWS and in the image, too', () => {
  const adviceOn = (reason: string) => obstaclesOf({ verdict: 'readable', reasons: [reason] })[0]?.advice;
  expect(adviceOn('The scratch server lacks the extension vector 0.8.0: no.')).toMatch(
    /SCRATCH_EXTENSIONS.*VERIFY_ON=fargate/,
  );
  expect(adviceOn('The scratch server lacks the locale de_DE.UTF-8 (libc): C was used.')).toMatch(
    /SCRATCH_LOCALES.*VERIFY_ON=fargate/,
  );
});
