import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatLsn, parseLsn } from '../../../layers/wal/lsn.ts';
import { offsetInSegment, parseSegmentName, segmentName, segmentNumber } from '../../../layers/wal/segments.ts';
import { sharedPostgres } from '../../support/world/world.ts';

/** Evenly over all powers of two, with the ends of segments and of the halves of a position. */
const position = fc.oneof(
  fc
    .tuple(fc.integer({ min: 0, max: 63 }), fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }))
    .map(([power, bits]) => bits >> BigInt(63 - power)),
  fc.bigInt({ min: 1n, max: 0xff_ffff_ffffn }).map((number) => number << 24n),
  fc.constantFrom(0n, 1n, 0xffff_ffffn, 0x1_0000_0000n, 0xffff_ffff_ffff_ffffn),
);

interface Answer extends Record<string, string> {
  readonly lsn: string;
  readonly name: string;
  readonly offset: string;
  readonly number: string;
  readonly timeline: string;
}

test('positions and names of segments are what PostgreSQL makes of them', async () => {
  const postgres = await sharedPostgres();
  const positions = fc.sample(position, 2_000);
  const [settings] = await postgres.sql<{ size: number; timeline: number }>(
    'postgres',
    `SELECT setting::int AS size, ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int AS timeline
     FROM pg_settings WHERE name = 'wal_segment_size'`,
  );
  const { size, timeline } = settings ?? { size: 0, timeline: 0 };
  const answers = await postgres.sql<Answer>(
    'postgres',
    `SELECT lsn::text, (file).file_name AS name, (file).file_offset::text AS offset,
            (pg_split_walfile_name((file).file_name)).segment_number::text AS number,
            (pg_split_walfile_name((file).file_name)).timeline_id::text AS timeline
     FROM (SELECT lsn, pg_walfile_name_offset(lsn) AS file
           FROM unnest('{${positions.map(formatLsn)}}'::pg_lsn[]) WITH ORDINALITY AS one (lsn, place) ORDER BY place) AS all_of_them`,
  );
  const ours = positions.map((lsn): Answer => {
    const name = segmentName(timeline, segmentNumber(lsn, size), size);
    const parsed = parseSegmentName(name, size);
    return {
      lsn: formatLsn(lsn),
      name,
      offset: String(offsetInSegment(lsn, size)),
      number: String(parsed?.number),
      timeline: String(parsed?.timeline),
    };
  });
  expect(answers).toEqual(ours);
  expect(answers.map(({ lsn }) => parseLsn(lsn))).toEqual(positions);
});
