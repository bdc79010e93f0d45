import type pg from 'pg';
import type { SequenceBounds, SequenceState } from '../../backup/manifest.ts';
import { identityOf, listSequences, qualified, type Relation } from './relations.ts';
import { ifStillThere } from './vanished.ts';

/**
 * Reads the state of sequences, in their order. They are not MVCC: this is their state now, under any snapshot.
 *
 * No lock on them is kept: pg_dump waits for sequences without a limit, and so would wait for a DROP that waits for us.
 *
 * @param client - within a READ COMMITTED transaction
 * @returns undefined if one of them has vanished
 */
export async function readSequences(
  client: pg.Client,
  sequences: readonly Relation[],
): Promise<SequenceState[] | undefined> {
  await client.query('SAVEPOINT sequences');
  const states = await ifStillThere(readAll(client, sequences));
  await client.query('ROLLBACK TO SAVEPOINT sequences; RELEASE SAVEPOINT sequences');
  return states;
}

/** Reads them again once pg_dump has ended: the value in the archive lies between the two. */
export async function readBounds(
  client: pg.Client,
  sequences: readonly Relation[],
  before: readonly SequenceState[],
  standby: boolean,
): Promise<SequenceBounds[]> {
  for (;;) {
    const current = new Set((await listSequences(client, standby)).map(identityOf));
    const remaining = sequences.filter((sequence) => current.has(identityOf(sequence)));
    const states = await readSequences(client, remaining);
    if (states === undefined) continue; // another has vanished just now
    const after = new Map(remaining.map((sequence, index) => [sequence, states[index] ?? null]));
    return sequences.flatMap((sequence, index) => {
      const { schema, name } = sequence;
      const start = before[index];
      return start === undefined ? [] : [{ schema, name, before: start, after: after.get(sequence) ?? null }];
    });
  }
}

async function readAll(client: pg.Client, sequences: readonly Relation[]): Promise<SequenceState[]> {
  const states: SequenceState[] = [];
  const batch = 200;
  for (let start = 0; start < sequences.length; start += batch) {
    const queries = sequences
      .slice(start, start + batch)
      .map(
        (sequence, index) => `SELECT ${index} AS i, last_value::text AS v, is_called AS c FROM ${qualified(sequence)}`,
      );
    const { rows } = await client.query<{ v: string; c: boolean }>(`${queries.join(' UNION ALL ')} ORDER BY i`);
    states.push(...rows.map(({ v, c }) => ({ lastValue: v, isCalled: c })));
  }
  return states;
}
