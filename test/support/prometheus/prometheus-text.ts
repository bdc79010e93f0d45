const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(.*)\\})? (NaN|[+-]Inf|-?\\d+(?:\\.\\d+)?(?:e[+-]\\d+)?)$`);
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"(?:,|$)/;

/**
 * Reads Prometheus' text format, strictly: every family has one HELP and one TYPE before its samples and stands in one
 * piece, no sample comes twice, and the text ends with a line's end.
 *
 * @returns the values by `name{label="value"}`, labels sorted by name and values as they are
 * @throws Error at the first line that a scraper might not take
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/#text-format-details
 */
export function parsePrometheusText(text: string): Map<string, number> {
  return parse(text, (name) => name);
}

/**
 * Reads OpenMetrics, as strictly. It differs in that the text ends with `# EOF`, has no empty lines, and a counter's
 * samples have a suffix that its family has not.
 *
 * @see https://prometheus.io/docs/specs/om/open_metrics_spec/#text-format
 */
export function parseOpenMetrics(text: string): Map<string, number> {
  if (!text.endsWith('\n# EOF\n')) throw new Error('it does not end with # EOF');
  const body = text.slice(0, -'# EOF\n'.length);
  if (body.includes('\n\n') || body.includes('# EOF')) throw new Error('it has an empty line, or two ends');
  if (/^# HELP .*"/m.test(body)) throw new Error('a HELP has a quote that is not escaped');
  const counters = new Set(Array.from(body.matchAll(/^# TYPE (\S+) counter$/gm), ([, name]) => name));
  return parse(body, (name) => {
    const family = name.replace(/_total$/, '');
    if (counters.has(name)) throw new Error(`a counter's sample without its suffix: ${name}`);
    return counters.has(family) ? family : name;
  });
}

function parse(text: string, familyOf: (name: string) => string): Map<string, number> {
  if (!text.endsWith('\n')) throw new Error('it does not end with a newline');
  const samples = new Map<string, number>();
  const seen = { HELP: new Set<string>(), TYPE: new Set<string>() };
  let family = '';
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const comment = new RegExp(`^# (?<kind>HELP|TYPE) (?<name>${NAME}) (?<rest>.+)$`).exec(line)?.groups;
    if (comment) {
      const { name = '', rest } = comment;
      const kind = comment.kind === 'HELP' ? 'HELP' : 'TYPE';
      if (seen[kind].has(name)) throw new Error(`a second ${kind} of ${name}`);
      if (kind === 'TYPE' && (!/^(gauge|counter)$/.test(rest ?? '') || family !== name))
        throw new Error(`not expected here: ${line}`);
      seen[kind].add(name);
      family = name;
      continue;
    }
    const [, name = '', labels = '', value] = SAMPLE.exec(line) ?? [];
    if (name === '') throw new Error(`no sample: ${line}`);
    if (familyOf(name) !== family || !seen.TYPE.has(family)) throw new Error(`not below its TYPE: ${line}`);
    const id = `${name}${printLabels(parseLabels(labels))}`;
    if (samples.has(id)) throw new Error(`a second sample: ${line}`);
    samples.set(id, Number(value));
  }
  return samples;
}

function parseLabels(text: string): Map<string, string> {
  const labels = new Map<string, string>();
  for (let rest = text; rest !== ''; ) {
    const [all = '', name = '', value = ''] = LABEL.exec(rest) ?? [];
    if (all === '' || labels.has(name)) throw new Error(`malformed labels: ${text}`);
    labels.set(
      name,
      value.replace(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char)),
    );
    rest = rest.slice(all.length);
  }
  return labels;
}

function printLabels(labels: ReadonlyMap<string, string>): string {
  if (labels.size === 0) return '';
  const sorted = [...labels].sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${sorted.map(([name, value]) => `${name}="${value}"`).join(',')}}`;
}
