/** As one word of a POSIX shell, quoted where it must be. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/**
 * The same in PostgreSQL's `restore_command`, where `%` is more than itself.
 *
 * @see https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-RESTORE-COMMAND
 */
export function wordOfRestoreCommand(text: string): string {
  return shellWord(text).replaceAll('%', '%%');
}
