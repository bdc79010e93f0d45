/** One bar: what it stands for and how long it is, in the picture's unit. */
export interface Bar {
  readonly label: string;
  readonly value: number;
  /** Ours stand out. */
  readonly ours: boolean;
}

export interface Picture {
  readonly title: string;
  readonly subtitle: string;
  /** After each value: `×`. */
  readonly unit: string;
  readonly bars: readonly Bar[];
}

const WIDTH = 860;
const ROW = 34;
const TOP = 78;
const LABELS = 330;
const VALUES = 90;

/** Bars as an SVG, to be read on light and on dark pages: it follows the reader's own choice. */
export function drawBars({ title, subtitle, unit, bars }: Picture): string {
  const most = Math.max(...bars.map(({ value }) => value));
  const room = WIDTH - LABELS - VALUES;
  const rows = bars.map(({ label, value, ours }, index) => {
    const y = TOP + index * ROW;
    const length = Math.max(2, (room * value) / most);
    return [
      `<text x="${LABELS - 12}" y="${y + 19}" class="l${ours ? ' o' : ''}" text-anchor="end">${escaped(label)}</text>`,
      `<rect x="${LABELS}" y="${y + 4}" width="${length.toFixed(1)}" height="22" rx="4" class="${ours ? 'ours' : 'other'}"/>`,
      `<text x="${(LABELS + length + 8).toFixed(1)}" y="${y + 20}" class="v">${value.toFixed(2)}${escaped(unit)}</text>`,
    ].join('');
  });
  const height = TOP + bars.length * ROW + 14;
  const told = bars.map(({ label, value }) => `${label}: ${value.toFixed(2)}${unit}`).join('; ');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="t d" font-family="system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif">
<title id="t">${escaped(title)}</title>
<desc id="d">${escaped(told)}</desc>
<style>${STYLE}</style>
<rect x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="14" class="page"/>
<text x="24" y="36" class="t">${escaped(title)}</text>
<text x="24" y="58" class="s">${escaped(subtitle)}</text>
${rows.join('\n')}
</svg>
`;
}

const STYLE = [
  '.page{fill:#fff;stroke:#d8dee4}.t{font-size:17px;font-weight:600;fill:#1b1f24}.s,.l,.v{font-size:13px;fill:#57606a}',
  '.o{font-weight:600;fill:#1b1f24}.v{fill:#1b1f24}.ours{fill:#2f8f4e}.other{fill:#8a9bb4}',
  '@media(prefers-color-scheme:dark){.page{fill:#0d1117;stroke:#30363d}.t,.o,.v{fill:#e6edf3}.s,.l{fill:#9198a1}',
  '.ours{fill:#3fb950}.other{fill:#5b6b84}.l.o{fill:#e6edf3}}',
].join('');

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
