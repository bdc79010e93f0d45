import { setTimeout as delay } from 'node:timers/promises';
import { ConfigError, VaultError } from '../../layers/backup/errors.ts';
import { parseTrouble, type Step, type Trouble } from '../../layers/backup/trouble.ts';
import { readTagged, replaceTagged } from '../../layers/vault/replace.ts';
import type { Vault } from '../../layers/vault/vault.ts';

/** Of one request: a vault that hangs may be the very failure. */
const REQUEST_PATIENCE_MS = 10_000;
/** For all of it. Whoever else tells needs a minute at the very most. */
const PATIENCE_MS = 90_000;
const LOOK_AGAIN_MS = 250;
const COLLISION_MS = 10;

/**
 * Reads a trouble, decides, and writes what was decided, unless somebody else wrote meanwhile: then it decides again.
 * While the decision is to wait it looks again and again.
 *
 * @returns what was decided; what it says to write stands in the vault by then
 * @throws {@link VaultError} if the vault failed, or others wrote all the time
 * @throws {@link ConfigError} if a newer pgvouch wrote it
 */
export async function updateTrouble(
  vault: Vault,
  key: string,
  decide: (known: Trouble | undefined) => Step,
): Promise<Step> {
  const ended = AbortSignal.timeout(PATIENCE_MS);
  for (let collisions = 0; !ended.aborted; ) {
    const read = await readTagged(vault, key, inTime());
    const step = decide(read && readable(read.text, key));
    if (step.action === 'nothing') return step;
    if (step.action === 'wait') {
      await delay(LOOK_AGAIN_MS);
      continue;
    }
    const text = `${JSON.stringify(step.write, null, 2)}\n`;
    if (await replaceTagged(vault, key, text, read, inTime())) return step;
    collisions++;
    await delay(Math.min(LOOK_AGAIN_MS, COLLISION_MS * collisions));
  }
  throw new VaultError({
    operation: 'update',
    subject: key,
    problem: `other writers kept changing it for ${PATIENCE_MS / 1000} s`,
    hint: 'many failures came at once: the failure records beside it hold all of them',
  });
}

function inTime(): AbortSignal {
  return AbortSignal.timeout(REQUEST_PATIENCE_MS);
}

/** What is damaged counts as not there: a message is sent rather twice than never. */
function readable(text: string, key: string): Trouble | undefined {
  try {
    return parseTrouble(text, key);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    return undefined;
  }
}
