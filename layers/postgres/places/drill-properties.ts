import { compareLocale, compareProperties } from '../../backup/database-comparison.ts';
import type { DatabaseProperties, PropertyPart } from '../../backup/database-properties.ts';
import type { Manifest } from '../../backup/manifest.ts';
import type { ConnectionTarget } from '../connect/target.ts';
import { bringProperties, type RefusedProperty } from './own-properties.ts';
import { propertyStatements } from './properties-sql.ts';

/** What belongs to a drill's database itself. */
export interface DrillProperties {
  /** What the server refused, a sentence each. */
  readonly lacking: readonly string[];
  /**
   * Brings the rest, and compares all of it. Whatever was not brought, the server refused or did in its own way.
   *
   * @param otherLocale - it has another locale than it had, as is known
   */
  finish(otherLocale: boolean): Promise<{ readonly lacking: readonly string[] }>;
}

/**
 * Gives a drill's database what belonged to the one backed up, but for its tablespace; and the flag of a template, which
 * would let others copy it and keep us from dropping it.
 *
 * @param superuser - whether owner and grants can be restored at all
 */
export async function prepareDrillDatabase(
  target: ConnectionTarget,
  name: string,
  source: Manifest['source'],
  superuser: boolean,
): Promise<DrillProperties> {
  const without: PropertyPart[] = ['tablespace', 'template', ...(superuser ? [] : (['owner', 'grants'] as const))];
  const wanted = withoutOurs(source);
  const { before, after } = wanted ? propertyStatements(name, wanted, without) : { before: [], after: [] };
  const early = before.length > 0 ? (await bringProperties(target, name, before, APPLICATION)).refused : [];
  return {
    lacking: sentences(early),
    async finish(otherLocale) {
      const { refused, found } = await bringProperties(target, name, after, APPLICATION);
      const differences = [
        ...(otherLocale ? [] : compareLocale(source, found)),
        ...compareProperties(wanted, withoutOurs(found), without),
      ];
      // What was refused differs as well, but why it does says more.
      return { lacking: refused.length > 0 || early.length > 0 ? sentences(refused) : differences };
    },
  };
}

const APPLICATION = 'pgvouch drill';

function sentences(refused: readonly RefusedProperty[]): string[] {
  return refused.map(({ what, why }) => `The scratch server refused the database's ${what}: ${why}.`);
}

/** By which a drill silences event triggers, and by which TimescaleDB knows of a restore. */
const OURS = ['event_triggers', 'timescaledb.restoring'];

/** Without the settings of a drill. */
function withoutOurs({ properties }: Pick<Manifest['source'], 'properties'>): DatabaseProperties | undefined {
  if (properties === undefined) return undefined;
  const settings = properties.settings.filter(({ role, name }) => role !== null || !OURS.includes(name));
  return { ...properties, settings };
}
