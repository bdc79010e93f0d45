import { Command } from 'commander';
import { readDrillPlaces, readVerifyConfig } from '../../functions/verify/config.ts';
import { verify } from '../../functions/verify/verify.ts';
import { isBad, type Verdict } from '../../layers/backup/verdict.ts';
import { type Backup, readBackups } from '../../layers/catalog/backups.ts';
import type { Vault } from '../../layers/vault/vault.ts';
import { backupName } from '../../layers/words/backup-name.ts';
import { duration } from '../../layers/words/spans.ts';
import { scratchEnvironment } from '../offline/environment.ts';
import { findBackup } from './backup-name.ts';
import { EXIT } from './exit-code.ts';
import { STANDINGS } from './list.ts';
import { IDENTITY_OPTION, type Run, type Session } from './session.ts';
import { verifyBase } from './verify-base.ts';

interface VerifyOptions {
  readonly database?: string;
  readonly cluster?: string;
  readonly allUnverified?: boolean;
  readonly json?: boolean;
  readonly identity?: string;
}

/** `verify`: finds the verdict on one backup, on all that have none, or on a base backup of a cluster. */
export function verifyCommand(run: Run): Command {
  const command = new Command('verify')
    .description('read, restore and compare a backup, or recover with a base backup, and record the verdict')
    .argument('[backup]', 'shop/2026-11-23T02-00-00Z, or latest; with --cluster a base backup, the newest by default')
    .option('-d, --database <name>', 'the database of the backup')
    .option('--cluster <name>', "a base backup of this cluster: its system identifier or its server's name")
    .option('--all-unverified', 'verify every backup that has no verdict yet')
    .option('--identity <file>', IDENTITY_OPTION)
    .option('--json', 'print JSON')
    .action((word: string | undefined, options: VerifyOptions) => {
      const { cluster, database, allUnverified, json, identity } = options;
      if (cluster !== undefined && (database !== undefined || allUnverified)) {
        command.error('error: --cluster goes with neither --database nor --all-unverified');
      }
      if (cluster !== undefined)
        return run((session) => verifyBase(session, cluster, word ?? 'latest', { json, identity }));
      if ((word === undefined) !== (allUnverified === true)) {
        command.error('error: name a backup, or use --all-unverified or --cluster');
      }
      return run((session) => verifyChosen(session, word, options));
    });
  return command;
}

async function verifyChosen(session: Session, word: string | undefined, options: VerifyOptions): Promise<number> {
  const { database, json } = options;
  const vault = session.vault();
  const chosen = word === undefined ? await unverified(vault, database) : [await findBackup(vault, word, database)];
  const env = { ...scratchEnvironment(session.cacheDir), ...session.env };
  const { drillPlace, identities: configured } = readVerifyConfig(env);
  const identities = options.identity === undefined ? configured : session.identities(options.identity);
  const deps = {
    ...{ vault, identities, clientPrograms: session.clientPrograms, drillPlace, drillPlaceOf: readDrillPlaces(env) },
    ...{ log: session.log, clock: session.now },
  };
  const found: { backup: string; verdict: Verdict }[] = [];
  for (const backup of chosen) {
    const { database: of, firedAt } = backup.entry;
    const verdict = await verify(deps, { database: of, firedAt, signal: session.signal, as: 'again' });
    if (verdict === undefined) continue;
    found.push({ backup: backupName(backup.entry), verdict });
    if (!json) session.print(describe(backup, verdict));
  }
  if (json) session.printJson(found);
  else if (chosen.length === 0) session.print('nothing to verify: every backup has a verdict');
  return found.some(({ verdict }) => isBad(verdict.verdict)) ? EXIT.bad : EXIT.ok;
}

async function unverified(vault: Vault, database: string | undefined): Promise<Backup[]> {
  const { backups } = await readBackups(vault, database);
  return backups.filter(({ verdict }) => verdict === undefined);
}

function describe({ entry }: Backup, { verdict, reasons, durationMs, drill }: Verdict): string {
  const took = duration(durationMs);
  const restored = drill ? `; a restore took ${duration(drill.restoreMs)}` : '';
  return [
    `${backupName(entry)}: ${STANDINGS[verdict]}, in ${took}${restored}`,
    ...reasons.map((one) => `  ${one}`),
  ].join('\n');
}
