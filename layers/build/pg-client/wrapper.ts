/**
 * The shell script that stands for a program in the layer's `bin`: starts the real one with the layer's own loader and
 * libraries, so that it runs on any glibc, and passes none of our settings on to what the program starts.
 *
 * - `--argv0`: pg_dumpall looks for pg_dump beside the path that it was called by, and must find the wrapper there.
 * - `--inhibit-cache`: the machine's list of libraries would lead outside of the layer.
 * - The directory is found with the shell alone; `readlink` is needed only when called through a link.
 */
export function wrapperScript(program: string, loader: string): string {
  return `#!/bin/sh
self=$0
case $self in */*) ;; *) if [ -e "$self" ]; then self=./$self; else self=$(command -v -- "$self"); fi ;; esac
while [ -L "$self" ]; do
  target=$(readlink -- "$self")
  case $target in /*) self=$target ;; *) self=\${self%/*}/$target ;; esac
done
home=$(CDPATH='' cd -- "\${self%/*}/.." && pwd -P) || exit 127
exec "$home/lib/${loader}" --inhibit-cache --library-path "$home/lib" --argv0 "$home/bin/${program}" "$home/libexec/${program}" "$@"
`;
}
