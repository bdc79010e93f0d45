/** Where the parts of an installation lie, from its root on. */
export interface ServerParts {
  readonly loader: string;
  /** Folders with libraries. */
  readonly libraries: readonly string[];
  /** What has `bin` and `libexec`: `usr/lib/postgresql/18`. */
  readonly home: string;
  /** Folders by the environment variable that tells a library of them. */
  readonly data: Readonly<Record<string, readonly string[]>>;
}

/**
 * The shell script that stands for a server program: starts the real one with the installation's own loader and libraries.
 *
 * `--argv0` is where PostgreSQL believes that it lies; see arrange.ts. `--inhibit-cache`: the machine's list of libraries
 * would lead outside.
 */
export function serverScript(program: string, { loader, libraries, home, data }: ServerParts): string {
  const inRoot = (folders: readonly string[]) => folders.map((folder) => `$root/${folder}`).join(':');
  const exported = Object.entries(data).map(([name, folders]) => `export ${name}="${inRoot(folders)}"`);
  // Locales of other encodings than UTF-8 need the converters of their own C library.
  const converters = inRoot(libraries.map((folder) => `${folder}/gconv`));
  return `#!/bin/sh
root=$(CDPATH='' cd -- "\${0%/*}/.." && pwd -P) || exit 127
${exported.join('\n')}
export GCONV_PATH="${converters}"
# A layer has its locales with it.
if [ -d "$root/locale" ]; then export LOCPATH="\${LOCPATH:-$root/locale}"; fi
exec "$root/${loader}" --inhibit-cache --library-path "${inRoot(libraries)}" --argv0 "$root/${home}/bin/${program}" "$root/${home}/libexec/${program}" "$@"
`;
}
