import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { type FunctionName, functionNames } from '../../../layers/settings/functions.ts';
import { type BenchOptions, type Outcome, runRounds } from '../measure/rounds.ts';
import type { BundleContents } from '../place/bundle.ts';
import { functionEnvironment, type Place } from '../place/place.ts';
import type { Finding } from '../report/results.ts';
import { formatTable, mb, ratio } from '../report/table.ts';

export interface ColdStartFigures {
  readonly rounds: number;
  readonly functions: readonly FunctionStart[];
  /** Of a handler that does nothing, process and all. */
  readonly emptyMs: number;
}

export interface FunctionStart extends BundleContents {
  readonly name: FunctionName;
  /** From the start of the process until the handler may be called. */
  readonly startMs: number;
  /** That, as a multiple of an empty handler's. */
  readonly toEmpty: number;
  /** Of Node's process when its code is loaded, and no more. */
  readonly rssBytes: number;
}

const EMPTY = 'empty';

/** How long each function takes from nothing to its handler, and how much code that is. */
export async function benchColdStart(
  place: Place,
  { rounds, patienceMs }: BenchOptions,
  tell: (line: string) => void,
): Promise<Finding<ColdStartFigures>> {
  const empty = path.join(place.folder, 'empty.mjs');
  writeFileSync(empty, 'export const handler = async () => {};\n');
  const loaded = (file: string) => () => ({
    argv: [process.execPath, path.join(import.meta.dirname, 'load.mjs'), file],
    env: functionEnvironment(place, place.sink, 'shop'),
  });
  const contenders = [
    { name: EMPTY, title: EMPTY, command: loaded(empty) },
    ...functionNames({}).map((name) => ({ name, title: name, command: loaded(place.bundles.file(name)) })),
  ];
  const outcomes = await runRounds(contenders, {
    // Short runs want more of them.
    ...{ rounds: 4 * rounds, base: EMPTY, onRun: tell, patienceMs },
    afterEach: async () => {},
  });
  const named = (name: string) => outcomes.find((one) => one.name === name);
  const functions = functionNames({}).map((name): FunctionStart => {
    const outcome = named(name);
    return {
      ...{ name, startMs: 1000 * (outcome?.medianS ?? Number.NaN), toEmpty: outcome?.ratio ?? Number.NaN },
      rssBytes: rssOf(outcome),
      ...place.bundles.contents(name),
    };
  });
  const figures = { rounds: 4 * rounds, functions, emptyMs: 1000 * (named(EMPTY)?.medianS ?? Number.NaN) };
  return { what: 'cold-start', figures, table: tableOf(figures) };
}

function rssOf(outcome: Outcome | undefined): number {
  return (JSON.parse(outcome?.said || '{}') as { peakRssBytes?: number }).peakRssBytes ?? Number.NaN;
}

function tableOf({ functions, emptyMs }: ColdStartFigures): string {
  const rows = functions.map(({ name, startMs, toEmpty, rssBytes, bytes, zippedBytes, packages }) => [
    name,
    startMs.toFixed(0),
    ratio(toEmpty),
    mb(rssBytes),
    kb(bytes),
    kb(zippedBytes),
    packages
      .slice(0, 4)
      .map((one) => `${one.name} ${kb(one.bytes)}`)
      .join(', '),
  ]);
  return [
    formatTable([['', 'ms', 'x empty', 'RSS MB', 'kB', 'zip kB', 'largest'], ...rows]),
    `an empty handler: ${emptyMs.toFixed(0)} ms`,
  ].join('\n');
}

function kb(bytes: number): string {
  return (bytes / 1000).toFixed(0);
}
