import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Command } from 'commander';
import { identityFile } from '../../functions/by-hand/keys/identity-file.ts';
import { recoveryKit } from '../../functions/by-hand/keys/recovery-kit.ts';
import { ConfigError, textOf } from '../../layers/backup/errors.ts';
import { newIdentity } from '../../layers/seal/new-identity.ts';
import { EXIT } from './exit-code.ts';
import type { Run, Session } from './session.ts';

interface KeysOptions {
  readonly to: string;
  readonly kit: string;
  readonly postQuantum?: boolean;
  readonly print?: boolean;
}

/** `keys new`: an identity for encrypted backups, and the page for the safe. */
export function keysCommand(run: Run): Command {
  const made = new Command('new')
    .description('make an identity that opens encrypted backups, its recipient, and a recovery kit to print')
    .option('--to <file>', 'where the identity is written, for its owner alone', 'pgvouch-identity.txt')
    .option('--kit <file>', 'where the recovery kit is written, for its owner alone', 'pgvouch-recovery-kit.txt')
    .option('--post-quantum', 'a post-quantum hybrid; stock tools need age 1.3 or newer to open what is sealed for it')
    .option('--print', 'print the identity to stdout instead, and write nothing')
    .action((options: KeysOptions) => run((session) => makeKeys(session, options)));
  return new Command('keys').description('keys for encrypted backups').addCommand(made);
}

async function makeKeys(session: Session, { to, kit, postQuantum = false, print }: KeysOptions): Promise<number> {
  const now = session.now();
  const { config } = session.vault();
  const pair = await newIdentity(postQuantum);
  if (print) {
    session.print(identityFile(pair, now).trimEnd());
    return EXIT.ok;
  }
  await writeSecret(to, identityFile(pair, now));
  await writeSecret(kit, recoveryKit(pair, config, now));
  session.print(
    [
      `identity      ${to}: whoever has it reads the backups. Give it to verify alone, and to nobody who only dumps`,
      `recovery kit  ${kit}: print it, put it into a safe, and remove the file`,
      `recipient     ${pair.recipient}`,
      '',
      'From now on backups are encrypted with:',
      `  BACKUP_AGE_RECIPIENTS=${pair.recipient}`,
      'and verify opens them with:',
      `  BACKUP_AGE_IDENTITY_FILE=${path.resolve(to)}`,
    ].join('\n'),
  );
  return EXIT.ok;
}

/** A file that only its owner may read. One that is there may be the only copy of an identity, and is never written over. */
async function writeSecret(file: string, text: string): Promise<void> {
  await writeFile(file, text, { flag: 'wx', mode: 0o600 }).catch((error) => {
    throw new ConfigError({
      operation: 'write',
      subject: file,
      problem: textOf(error),
      hint: 'name a file that does not exist yet, with --to and --kit',
      cause: error,
    });
  });
}
