import type { KeyPair } from '../../../layers/seal/new-identity.ts';
import type { VaultConfig } from '../../../layers/vault/config.ts';
import { shellWord } from '../../../layers/words/shell.ts';

/**
 * A page to print and to put into a safe: with it, and with credentials for the bucket, anybody restores the backups, whether
 * they have pgvouch or not. Pure.
 */
export function recoveryKit(
  { identity, recipient }: KeyPair,
  { bucket, prefix, region, server }: Pick<VaultConfig, 'bucket' | 'prefix' | 'region' | 'server'>,
  now: Date,
): string {
  const aws = server === undefined ? 'aws' : `aws --endpoint-url ${shellWord(server.endpoint)}`;
  const folder = `s3://${bucket}/${prefix}`;
  return `RECOVERY KIT FOR ENCRYPTED POSTGRESQL BACKUPS          made ${now.toISOString().slice(0, 10)}

Whoever has this page can read the backups. Without it, and without a
copy of the identity, nobody can: not even who made them.


THE IDENTITY

${identity}

The line above, in a file of its own: identity.txt. Its recipient is
${recipient}


WHERE THE BACKUPS ARE

bucket    ${bucket}
folder    ${prefix}
server    ${server?.endpoint ?? 'Amazon S3'}
region    ${region}

Credentials for the bucket are not on this page. They are kept here:
________________________________________________________________


TO RESTORE A DATABASE WITH STOCK TOOLS
aws, age (1.0; 1.3 for AGE-SECRET-KEY-PQ-…), and PostgreSQL's pg_restore

  export AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=…
  export AWS_DEFAULT_REGION=${shellWord(region)}
  ${aws} s3 ls --recursive \\
    ${shellWord(folder)}

A backup is <database>/<time>/: the newest with verdict-restorable.json.

  ${aws} s3 cp --recursive \\
    ${shellWord(`${folder}<database>/<time>/`)} .
  age --decrypt --identity identity.txt --output archive.dump archive-*.age
  createdb restored
  pg_restore --exit-on-error --no-owner --dbname=restored archive.dump

Roles are in globals-….sql.age; where several databases are backed up,
in another folder: jq -r .globals.key manifest.json names it. What the
backup holds: jq -r .sealed manifest.json | age -d -i identity.txt


WITH PGVOUCH

  npx pgvouch restore --database <database> --identity identity.txt \\
    --create --to postgres://postgres@<server>/restored

To a moment, from base backups and WAL, and the same as commands of
stock tools:

  npx pgvouch restore --cluster <name> --at "<time>" --to-dir <folder> \\
    --identity identity.txt [--print]
`;
}
