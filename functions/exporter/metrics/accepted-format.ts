/**
 * Which format a scraper asks for: OpenMetrics where it is asked for by name and not less than the text format, for which
 * `text/*` and `*\/*` speak too.
 *
 * Prometheus sends `application/openmetrics-text;version=1.0.0;q=0.5,…,text/plain;version=0.0.4;q=0.2,*\/*;q=0.1`.
 *
 * @param accept - the header; without it, and of what it does not name, the text format
 * @see https://prometheus.io/docs/instrumenting/content_negotiation/ and
 *   https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1
 */
export function acceptedFormat(accept: string | undefined): 'text' | 'openmetrics' {
  const ranges = (accept ?? '').toLowerCase().split(',').map(readRange);
  const quality = (wanted: (range: MediaRange) => boolean) => {
    const qualities = ranges.filter(wanted).map((range) => range.quality);
    return qualities.length === 0 ? undefined : Math.max(...qualities);
  };
  const ofType = (wanted: string) => quality(({ type }) => type === wanted);
  const openMetrics =
    quality(({ type, version }) => type === 'application/openmetrics-text' && KNOWN_VERSIONS.has(version)) ?? 0;
  // The most specific range that names it decides.
  const text = ofType('text/plain') ?? ofType('text/*') ?? ofType('*/*') ?? 0;
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
