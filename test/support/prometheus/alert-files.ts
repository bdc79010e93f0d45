import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse, stringify } from 'yaml';

export interface Rule {
  readonly record?: string;
  readonly alert?: string;
  expr: string;
  for?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface RuleFile {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[];
}

/** Where the files that we ship for Prometheus and Alertmanager lie. */
export const prometheusDir = resolve(import.meta.dirname, '../../../functions/exporter/prometheus');

export function shipped(name: 'alerts.yml' | 'prometheus.yml' | 'alertmanager.yml'): string {
  return readFileSync(join(prometheusDir, name), 'utf8');
}

export function shippedRules(): readonly Rule[] {
  const { groups } = parse(shipped('alerts.yml')) as RuleFile;
  // A limit may be a number to YAML.
  return groups.flatMap(({ rules }) => rules.map((rule) => ({ ...rule, expr: String(rule.expr) })));
}

/**
 * The shipped rules, in a hurry, by the two ways that their head tells people of: a limit is the expression of its
 * record, and every `for` is its alert's own. No expression of an alert is touched.
 *
 * @param limits - by the name after `pgvouch:limit:`
 * @param records - what other records are, by the name after `pgvouch:`
 * @param lasting - instead of every `for`, as Prometheus writes durations
 */
export function hurriedRules(
  limits: Readonly<Record<string, number>>,
  lasting: string,
  records: Readonly<Record<string, string>> = {},
): string {
  const file = parse(shipped('alerts.yml')) as RuleFile;
  const rules = file.groups.flatMap((group) => group.rules);
  const named = Object.entries(limits).map(([name, limit]) => [`limit:${name}`, String(limit)] as const);
  for (const [name, expr] of [...named, ...Object.entries(records)]) {
    const rule = rules.find(({ record }) => record === `pgvouch:${name}`);
    if (rule === undefined) throw new Error(`there is no record ${name}`);
    rule.expr = expr;
  }
  for (const rule of rules) if (rule.for !== undefined) rule.for = lasting;
  return stringify(file);
}

export interface ScrapeFacts {
  /** `127.0.0.1:3000`, of the exporter. */
  readonly target: string;
  /** Of the Alertmanager. */
  readonly alertmanager: string;
  /** Between two scrapes, as Prometheus writes durations; the rules are looked at every other second. */
  readonly interval: string;
}

/** The shipped example with other addresses and another rhythm. */
export function scrapeConfig({ target, alertmanager, interval }: ScrapeFacts): string {
  const config = parse(shipped('prometheus.yml'));
  config.global = { scrape_interval: interval, evaluation_interval: '2s' };
  config.alerting.alertmanagers[0].static_configs[0].targets = [alertmanager];
  const [job] = config.scrape_configs;
  job.scrape_timeout = interval;
  job.static_configs[0].targets = [target];
  return stringify(config);
}

/** The shipped example with another receiver, which is told at once. */
export function receiverConfig(url: string): string {
  const config = parse(shipped('alertmanager.yml'));
  config.route.group_wait = '0s';
  config.route.group_interval = '1s';
  config.receivers[0].webhook_configs[0].url = url;
  return stringify(config);
}
