/**
 * A text that names commands of pgvouch, for whoever has several servers: each command says which one.
 *
 * @param server - its name; undefined where there is but one
 */
export function commandsFor(server: string | undefined, text: string): string {
  return server === undefined ? text : text.replace(/\b(npx pgvouch [a-z]+)/g, `$1 --server ${server}`);
}
