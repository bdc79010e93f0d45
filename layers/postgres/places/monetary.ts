import { connect } from '../connect/connection.ts';
import type { ConnectionTarget } from '../connect/target.ts';

/** What a restore may expect of amounts of type money. */
export interface Monetary {
  /** The `lc_monetary` to restore with; undefined where it does not matter, or the server lacks it. */
  readonly monetary: string | undefined;
  /** What the server lacks, one sentence at most. */
  readonly lacking: readonly string[];
}

/**
 * Asks a server whether it can read amounts as an archive has them. In another country's format they are refused, or
 * silently read as others: `1,50 €` is 150 where a comma separates thousands.
 *
 * @param wanted - of the manifest; undefined where no column is of that type
 * @see https://www.postgresql.org/docs/current/datatype-money.html
 */
export async function tryMonetary(
  target: ConnectionTarget,
  database: string,
  wanted: string | undefined,
): Promise<Monetary> {
  if (wanted === undefined || wanted === '') return { monetary: undefined, lacking: [] };
  const client = await connect(target, database, 'pgvouch restore');
  try {
    await client.query(`SELECT pg_catalog.set_config('lc_monetary', $1, false)`, [wanted]);
    return { monetary: wanted, lacking: [] };
  } catch {
    const lacking = `The server lacks the locale ${wanted}, in which the archive writes amounts of type money: they may be refused or come back as others.`;
    return { monetary: undefined, lacking: [lacking] };
  } finally {
    await client.end();
  }
}
