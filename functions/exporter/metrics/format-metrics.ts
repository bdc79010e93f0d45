import { Counter, Gauge, Registry, type RegistryContentType } from 'prom-client';
import type { Observation } from '../observe/observation.ts';
import type { MetricsFacts, Sample } from './metric.ts';
import { METRICS, PREFIX } from './metrics.ts';

export interface Exposition {
  readonly body: string;
  readonly contentType: string;
}

/**
 * What was seen of the vault, in Prometheus' text format or in OpenMetrics. Every scrape has a registry of its own: nothing is
 * left of a database that is gone. Where servers have names, each sample is labelled with its server's.
 *
 * What never happened is a timestamp of 0, as Prometheus advises, so that `time() - …` alone finds it. What is
 * unknown has no sample: 0 would be a lie.
 *
 * @param observations - of each server one
 * @see https://prometheus.io/docs/practices/instrumentation/#avoid-missing-metrics
 */
export async function formatMetrics(
  observations: readonly Observation[],
  facts: MetricsFacts,
  format: 'text' | 'openmetrics' = 'text',
): Promise<Exposition> {
  const registry = new Registry<RegistryContentType>();
  registry.setContentType(format === 'text' ? Registry.PROMETHEUS_CONTENT_TYPE : Registry.OPENMETRICS_CONTENT_TYPE);
  const hasNames = observations.some(({ server }) => server !== undefined);
  for (const { name, type: kind, help, labels, samples } of METRICS) {
    const told = observations.flatMap((observation) =>
      samples(observation, facts).map((one) => ofServer(one, observation.server)),
    );
    // A metric that nothing was set of would show as 0 if it has no labels.
    if (told.length === 0) continue;
    const labelNames = hasNames ? [...new Set([...labels, 'server'])] : labels;
    const options = { name: `${PREFIX}${name}`, help, labelNames, registers: [registry] };
    if (kind === 'gauge') {
      const gauge = new Gauge(options);
      for (const sample of told) gauge.set(sample.labels, sample.value);
    } else {
      const counter = new Counter(options);
      for (const sample of told) counter.inc(sample.labels, sample.value);
    }
  }
  return { body: await registry.metrics(), contentType: registry.contentType };
}

/** A cluster is then of the server that has a name here, whatever else that calls itself. */
function ofServer(one: Sample, server: string | undefined): Sample {
  return server === undefined ? one : { ...one, labels: { ...one.labels, server } };
}
