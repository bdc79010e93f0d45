/**
 * Which format a scraper wants: OpenMetrics where it is asked for and not less than the text format.
 *
 * Prometheus sends `application/openmetrics-text;version=1.0.0;q=0.5,…,text/plain;version=0.0.4;q=0.2,*\/*;q=0.1`.
 *
 * @param accept - the header; without it, and of what it does not name, the text format
 * @see https://prometheus.io/docs/instrumenting/content_negotiation/
 */
export function acceptedFormat(accept: string | undefined): 'text' | 'openmetrics' {
  const ranges = (accept ?? '').toLowerCase().split(',').map(readRange);
  const quality = (wanted: (range: MediaRange) => boolean) =>
    Math.max(0, ...ranges.filter(wanted).map((range) => range.quality));
  const openMetrics = quality(
    ({ type, version }) => type === 'application/openmetrics-text' && KNOWN_VERSIONS.has(version),
  );
  const text = quality(({ type }) => type === 'text/plain');
  return openMetrics > 0 && openMetrics >= text ? 'openmetrics' : 'text';
}

/** What we write is 1.0.0; who asks for the draft before it can read that. */
const KNOWN_VERSIONS: ReadonlySet<string | undefined> = new Set([undefined, '1.0.0', '0.0.1']);

interface MediaRange {
  readonly type: string | undefined;
  readonly version: string | undefined;
  readonly quality: number;
}

function readRange(text: string): MediaRange {
  const [type, ...parameters] = text.split(';').map((part) => part.trim());
  const given = (name: string) =>
    parameters
      .find((parameter) => parameter.startsWith(`${name}=`))
      ?.slice(name.length + 1)
      .replaceAll('"', '');
  const quality = Number(given('q') ?? 1);
  return { type, version: given('version'), quality: Number.isFinite(quality) ? quality : 0 };
}
