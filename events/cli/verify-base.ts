import { readRecoveryConfig } from '../../functions/recovery/config.ts';
import { drillBase } from '../../functions/recovery/drill-base.ts';
import { isBad } from '../../layers/backup/verdict.ts';
import { findCluster, readCluster } from '../../layers/catalog/read-cluster.ts';
import { withIdentities } from '../../layers/seal/opening-vault.ts';
import type { BaseVerdict } from '../../layers/wal/base-verdict.ts';
import type { StoredBase } from '../../layers/wal/stored-base.ts';
import { duration } from '../../layers/words/spans.ts';
import { scratchEnvironment } from '../offline/environment.ts';
import { baseWords, chooseBase } from './base-name.ts';
import { EXIT } from './exit-code.ts';
import { STANDINGS } from './list.ts';
import type { Session } from './session.ts';

/** `verify --cluster`: recovers with a base backup in a scratch place, and records the verdict. */
export async function verifyBase(
  session: Session,
  name: string,
  word: string,
  { json = false, identity }: { readonly json?: boolean | undefined; readonly identity?: string | undefined },
): Promise<number> {
  const { signal, log } = session;
  const identities = session.identities(identity);
  const vault = withIdentities(session.vault(), identities);
  const stored = await readCluster(vault, await findCluster(vault, name, signal), signal);
  const base = chooseBase(stored.bases, word);
  const { place, roles } = readRecoveryConfig(
    { ...scratchEnvironment(session.cacheDir), ...session.env },
    { byHand: true },
  );
  const deps = { vault, identities, place, roles, log, clock: session.now, clientPrograms: session.clientPrograms };
  const verdict = await drillBase(deps, { stored, base, since: undefined, signal });
  if (verdict === undefined) return EXIT.ok;
  if (json) session.printJson(verdict);
  else session.print(describe(base, verdict));
  return isBad(verdict.verdict) ? EXIT.bad : EXIT.ok;
}

function describe(
  base: StoredBase,
  { verdict, reasons, durationMs, recovered, goodUntil, again }: BaseVerdict,
): string {
  const took = recovered ? `; recovery took ${duration(recovered.recoveryMs)}` : '';
  return [
    `${baseWords(base)}: ${STANDINGS[verdict]}, in ${duration(durationMs)}${took}`,
    ...reasons.map((one) => `  ${one}`),
    ...(goodUntil === undefined ? [] : [`  Recovery to before ${goodUntil} is still possible with it.`]),
    ...(again
      ? [
          `  That was proved before. This time it is only ${STANDINGS[again.verdict]}:`,
          ...again.reasons.map((one) => `  ${one}`),
        ]
      : []),
  ].join('\n');
}
