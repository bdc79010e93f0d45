import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Vault } from '../../../layers/vault/vault.ts';
import { runFolder } from '../run/run-folder.ts';
import { clientBin } from '../world/client-folder.ts';
import { debianAge } from './debian-age.ts';
import { debianProgram } from './debian-program.ts';

/**
 * A folder with Debian's zstd and age and pg_combinebackup, an `aws` that copies out of a folder which holds what the bucket does, and
 * a pg_ctl that starts nothing.
 */
export async function stockTools(vault: Vault): Promise<string> {
  const folder = runFolder('tools');
  for (const { key } of await vault.listAll()) {
    const file = path.join(folder, 'bucket', key);
    mkdirSync(path.dirname(file), { recursive: true });
    const chunks: Buffer[] = [];
    for await (const chunk of (await vault.getBytes(key)) ?? []) chunks.push(chunk);
    writeFileSync(file, Buffer.concat(chunks));
  }
  const program = (name: string, text: string) => {
    writeFileSync(path.join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  };
  const { command, args } = await debianProgram({ name: 'zstd', file: 'usr/bin/zstd' });
  program('zstd', `exec '${[command, ...args].join("' '")}' "$@"`);
  (await debianAge()).put(folder);
  program('pg_ctl', 'exit 0');
  program('pg_combinebackup', `exec '${path.join(clientBin(18), 'pg_combinebackup')}' "$@"`);
  program(
    'aws',
    `[ "$1 $3 $4" = "--endpoint-url s3 cp" ] && [ "$2" = "${vault.config.server?.endpoint}" ] || exit 2
exec cp '${folder}/bucket/'"\${5#s3://${vault.bucket}/}" "$6"`,
  );
  return folder;
}
