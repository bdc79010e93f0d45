/** Where the parts of an installation lie, from its root on. */
export interface ServerParts {
  readonly loader: string;
  /** Folders with libraries. */
  readonly libraries: readonly string[];
  /** What has `bin` and `libexec`: `usr/lib/postgresql/18`. */
  readonly home: string;
}

/** What libraries look up by environment, as they were built for other places. */
const DATA = {
  // PROJ: coordinate systems, for PostGIS. @see https://proj.org/en/stable/usage/environmentvars.html
  PROJ_DATA: 'usr/share/proj',
  PROJ_LIB: 'usr/share/proj',
  GDAL_DATA: 'usr/share/gdal',
} as const;

/**
 * The shell script that stands for a server program: starts the real one with the installation's own loader and libraries.
 *
 * `--argv0` is where PostgreSQL believes that it lies; see arrange.ts. `--inhibit-cache`: the machine's list of libraries
 * would lead outside.
 */
export function serverScript(program: string, { loader, libraries, home }: ServerParts): string {
  const data = Object.entries(DATA).map(([name, folder]) => `export ${name}="$root/${folder}"`);
  const path = libraries.map((folder) => `$root/${folder}`).join(':');
  return `#!/bin/sh
root=$(CDPATH='' cd -- "\${0%/*}/.." && pwd -P) || exit 127
${data.join('\n')}
exec "$root/${loader}" --inhibit-cache --library-path "${path}" --argv0 "$root/${home}/bin/${program}" "$root/${home}/libexec/${program}" "$@"
`;
}
