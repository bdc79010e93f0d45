import type { DatabaseState, Observation } from '../observe/observation.ts';

/** One metric: what the documentation says of it, and how it is derived. */
export interface Metric {
  /** Without the prefix. */
  readonly name: string;
  readonly type: 'gauge' | 'counter';
  /** A sentence, without double quotes: OpenMetrics would want them escaped. */
  readonly help: string;
  readonly labels: readonly Label[];
  /** What is unknown, or never happened, has no sample. */
  readonly samples: (observation: Observation, facts: MetricsFacts) => readonly Sample[];
}

export interface Sample {
  readonly labels: Readonly<Partial<Record<Label, string>>>;
  readonly value: number;
}

export type Label =
  | 'database'
  | 'verdict'
  | 'reason'
  | 'class'
  | 'version'
  | 'server_version'
  | 'node'
  | 'refresh'
  | ClusterLabel;

/** The system identifier, and the server's name: with `servers` in pgvouch.yaml the one there, on every sample. */
export type ClusterLabel = 'cluster' | 'server';

/** What goes into metrics beside what was seen. */
export interface MetricsFacts {
  readonly version: string;
}

/** A gauge without labels. */
export function gauge(name: string, help: string, value: (observation: Observation) => number | undefined): Metric {
  const samples = (observation: Observation) => sample({}, value(observation));
  return { name, type: 'gauge', help, labels: [], samples };
}

/** A gauge of every database. */
export function databaseGauge(
  name: string,
  help: string,
  value: (state: DatabaseState, observation: Observation) => number | undefined,
): Metric {
  const samples = (observation: Observation) =>
    observation.databases.flatMap((state) => sample({ database: state.database }, value(state, observation)));
  return { name, type: 'gauge', help, labels: ['database'], samples };
}

/** One sample, or none. */
export function sample(labels: Sample['labels'], value: number | undefined): Sample[] {
  return value === undefined ? [] : [{ labels, value }];
}

/** Base units. */
export function secondsOf(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000;
}

/** What never happened is an instant of 0, so that `time() - …` alone finds it; what is unknown is none. */
export function instantOf(at: Date | string | null | undefined): number | undefined {
  if (at === undefined) return undefined;
  return at === null ? 0 : new Date(at).getTime() / 1000;
}

/** Of what never happened there is no age. */
export function ageOf(at: Date | string | null | undefined, { observedAt }: Observation): number | undefined {
  return at === undefined || at === null ? undefined : (observedAt.getTime() - new Date(at).getTime()) / 1000;
}
