import * as z from 'zod';
import { EventError } from '../../layers/backup/errors.ts';

const requestSchema = z.looseObject({ dryRun: z.boolean().default(false) });

/**
 * Reads what a firing asks of retention: `{ "dryRun": true }` only tries. A schedule's own event asks for nothing.
 *
 * @throws {@link EventError} if it might ask for a dry run in a way that is not understood: then nothing may be removed
 */
export function readRetentionRequest(event: unknown): { readonly dryRun: boolean } {
  const request = requestSchema.safeParse(event ?? {});
  const misspelt = Object.keys(request.data ?? {}).find((key) => key !== 'dryRun' && /^dry[-_ ]?run$/i.test(key));
  if (request.success && misspelt === undefined) return { dryRun: request.data.dryRun };
  throw new EventError({
    operation: 'read event of',
    subject: 'retention',
    problem:
      misspelt === undefined
        ? 'it is not an object, or its dryRun is neither true nor false'
        : `it has an unknown field ${misspelt}`,
    hint: 'send {"dryRun": true} to see what a run would do; send {} or nothing to run it',
  });
}
