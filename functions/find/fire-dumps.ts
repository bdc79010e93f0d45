import { dumpsOf } from '../../events/find-fired.ts';
import { ConfigError, textOf } from '../../layers/backup/errors.ts';
import type { Found } from './find.ts';
import type { FindDeps } from './request.ts';

/**
 * Hands each database that was found to dump, in their order. One that cannot be handed over does not keep the others from
 * it.
 *
 * @param invoke - hands one event over
 * @param id - gives another one for each event
 * @throws {@link ConfigError} if some could not be handed over: the platform tries again. Those that have their backup by then
 * answer at once
 */
export async function fireDumps(
  { log }: Pick<FindDeps, 'log'>,
  found: Found,
  invoke: (event: object) => Promise<void>,
  id: () => string,
): Promise<void> {
  const failed: { readonly database: string | undefined; readonly error: unknown }[] = [];
  for (const event of dumpsOf(found, id)) {
    try {
      await invoke(event);
    } catch (error) {
      const { database } = event.detail as { readonly database?: string };
      log.error({ database, err: error }, 'dump could not be invoked');
      failed.push({ database, error });
    }
  }
  const [first] = failed;
  if (first === undefined) return;
  throw new ConfigError({
    operation: 'invoke dump',
    subject: `for ${failed.length} of ${found.databases.length} databases`,
    problem: textOf(first.error),
    hint: 'in a VPC find needs a way to Lambda, as docs/aws.md, "A database in a VPC", says; its role must be allowed to invoke dump',
    cause: first.error,
  });
}
