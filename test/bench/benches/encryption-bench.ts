import { newIdentity } from '../../../layers/seal/new-identity.ts';
import { type BenchOptions, type Outcome, runRounds } from '../measure/rounds.ts';
import { pairedRatio } from '../measure/statistics.ts';
import { type Contender, oursTo } from '../place/contenders.ts';
import { type BenchDatabase, makeDatabase } from '../place/database.ts';
import { emptyVault, type Place } from '../place/place.ts';
import type { Finding } from '../report/results.ts';
import { formatTable, mb, ratio, seconds } from '../report/table.ts';

export interface EncryptionFigures {
  readonly database: BenchDatabase;
  readonly rounds: number;
  readonly contenders: readonly Outcome[];
  /** Of wall time, encrypted to plain: medians of paired rounds. */
  readonly ratios: { readonly sink: number; readonly ceph: number };
}

/** A dump that is encrypted, beside the same as it is. */
export async function benchEncryption(
  place: Place,
  { sizeMb, rounds, patienceMs }: BenchOptions,
  tell: (line: string) => void,
): Promise<Finding<EncryptionFigures>> {
  const database = await makeDatabase(place.postgres, place.psql, `bench_${sizeMb}`, sizeMb * 1e6);
  const recipients = [await newIdentity(false), await newIdentity(false)].map(({ recipient }) => recipient).join();
  const contenders = [
    ...pair('sink', 'a bucket that costs nothing', place.sink),
    ...pair('ceph', 'Ceph', place.vault.config),
  ];
  const outcomes = await runRounds(contenders, {
    ...{ rounds, base: 'sink', onRun: tell, patienceMs },
    afterEach: () => emptyVault(place.vault),
  });
  const times = (name: string) => outcomes.find((one) => one.name === name)?.wallS ?? [];
  const ratios = {
    sink: pairedRatio(times('sink-sealed'), times('sink')),
    ceph: pairedRatio(times('ceph-sealed'), times('ceph')),
  };
  const figures = { database, rounds, contenders: outcomes, ratios };
  return { what: 'encryption', figures, table: tableOf(figures) };

  function pair(name: string, title: string, vault: Place['sink']): Contender[] {
    const plain = () => oursTo(place, vault, database.name);
    const sealed = () => {
      const { argv, env } = plain();
      return { argv, env: { ...env, BACKUP_AGE_RECIPIENTS: recipients } };
    };
    return [
      { name, title: `plain, ${title}`, command: plain },
      { name: `${name}-sealed`, title: `encrypted, ${title}`, command: sealed },
    ];
  }
}

function tableOf({ contenders, ratios }: EncryptionFigures): string {
  const rows = contenders.map(({ title, medianS, programs: { node } }) => [
    title,
    seconds(medianS),
    node ? node.cpuS.toFixed(1) : '',
    node ? mb(node.peakRssBytes) : '',
  ]);
  return [
    formatTable([['', 's', 'node CPU s', 'node MB'], ...rows]),
    `encrypted/plain ${ratio(ratios.sink)} (a bucket that costs nothing), ${ratio(ratios.ceph)} (Ceph)`,
  ].join('\n');
}
