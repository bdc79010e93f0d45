import { STYLE } from './style.ts';

interface DocumentProps {
  readonly title: string;
  /** A data URL. */
  readonly icon: string;
  readonly children: preact.ComponentChildren;
}

/** A whole HTML document with the page's only style sheet. */
export function Document({ title, icon, children }: DocumentProps) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{`${title} · pgvouch`}</title>
        <link rel="icon" href={icon} />
        <style dangerouslySetInnerHTML={{ __html: STYLE }} />
      </head>
      <body>{children}</body>
    </html>
  );
}
