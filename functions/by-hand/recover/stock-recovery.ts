import { isSealedKey } from '../../../layers/backup/keys.ts';
import { mapLine } from '../../../layers/recovery/bring-cluster.ts';
import type { VaultConfig } from '../../../layers/vault/config.ts';
import { isWhole } from '../../../layers/wal/holdings.ts';
import { historyKey } from '../../../layers/wal/keys.ts';
import { objectsToTheTip } from '../../../layers/wal/recovery-plan.ts';
import { segmentName } from '../../../layers/wal/segments.ts';
import { shellWord, wordOfRestoreCommand } from '../../../layers/words/shell.ts';
import { targetWords } from './plan-or-refuse.ts';
import { recoverySettings } from './recovery-files.ts';
import type { RecoverRequest } from './request.ts';
import { OPEN, stockBase } from './stock-base.ts';

/**
 * The same recovery as a shell script of stock tools: aws, sha256sum, zstd, tar and cp, and pg_combinebackup for increments.
 * No password stands in it, and it runs without pgvouch. Pure.
 */
export function stockRecovery(
  vault: Pick<VaultConfig, 'bucket' | 'prefix' | 'server' | 'region'>,
  { stored, plan, dataDir, tablespaces }: Pick<RecoverRequest, 'stored' | 'plan' | 'dataDir' | 'tablespaces'>,
): string {
  const { systemIdentifier, segmentSizeBytes } = stored.cluster;
  const base = plan.chain.at(-1)?.base;
  const aws = vault.server === undefined ? 'aws' : `aws --endpoint-url ${shellWord(vault.server.endpoint)}`;
  const [data, wal] = [shellWord(dataDir), shellWord(`${dataDir}.wal`)];
  const histories = stored.holdings.histories.map((timeline) => historyKey(vault.prefix, systemIdentifier, timeline));
  // A script cannot look into the WAL for the commit at which recovery stops.
  const needed = plan.target.kind === 'time' ? objectsToTheTip(plan) : plan.objects;
  const objects = needed.map((object) => ({
    ...object,
    name: segmentName(object.timeline, object.number, segmentSizeBytes),
  }));
  const sealed = objects.some(({ key }) => isSealedKey(key));
  const partials = objects.filter((object) => !isWhole(object));
  const settings = recoverySettings(plan, stored.histories.has(plan.timeline), {
    restoreCommand: `cp ${wordOfRestoreCommand(`${dataDir}.wal`)}/%f "%p"`,
    endCommand: '',
  });
  const files = base?.tablespaces ?? [];
  return [
    `# cluster ${systemIdentifier}, recovered to ${targetWords(plan.target)}: PostgreSQL ${base?.server.version ?? ''}`,
    '# needs aws, sha256sum, zstd and tar; run it as the user of PostgreSQL',
    vault.server === undefined
      ? '# credentials for the bucket: aws finds them by itself'
      : '# credentials for the bucket: export AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=… (MINIO_ACCESS_KEY and _SECRET_KEY)',
    ...(sealed ? ['# it is sealed: export AGE_IDENTITY=…, the file with the identity'] : []),
    'set -eu',
    `export AWS_DEFAULT_REGION=${shellWord(vault.region)}`,
    `mkdir -p ${data} ${wal}`,
    `chmod 700 ${data}`,
    '',
    ...stockBase({ aws, vault, downloads: `${dataDir}.wal` }, { plan, dataDir, tablespaces }),
    ...tablespaceMap(files, tablespaces, dataDir),
    `rm -f ${shellWord(`${dataDir}/standby.signal`)}`,
    '',
    'while read -r key; do',
    `  ${aws} s3 cp ${shellWord(`s3://${vault.bucket}/`)}"$key" ${wal}/`,
    "done <<'EOF'",
    ...histories,
    ...objects.map(({ key }) => key),
    'EOF',
    ...(sealed ? [`for file in ${wal}/*.age; do ${OPEN} --output "\${file%.age}" "$file"; rm "$file"; done`] : []),
    `zstd -d --rm ${wal}/*.zst`,
    ...partials.flatMap((partial) => {
      const there = shellWord(
        `${dataDir}.wal/${partial.key
          .split('/')
          .at(-1)
          ?.replace(/\.zst(\.age)?$/, '')}`,
      );
      const file = shellWord(`${dataDir}.wal/${partial.name}`);
      return [
        '# a segment that was not finished: PostgreSQL reads whole ones',
        `mv ${there} ${file}`,
        `truncate -s ${segmentSizeBytes} ${file}`,
      ];
    }),
    '',
    `cat >>${shellWord(`${dataDir}/postgresql.auto.conf`)} <<'EOF'`,
    settings.trimEnd(),
    'EOF',
    `touch ${shellWord(`${dataDir}/recovery.signal`)}`,
    `pg_ctl --pgdata=${data} --wait --timeout=86400 start`,
    '',
  ].join('\n');
}

/** Links are made from it when the server starts. */
function tablespaceMap(
  files: readonly { readonly oid?: string | undefined; readonly location?: string | undefined }[],
  tablespaces: ReadonlyMap<string, string>,
  dataDir: string,
): string[] {
  const lines = files.flatMap(({ oid, location = '' }) =>
    oid === undefined ? [] : [shellWord(mapLine(oid, tablespaces.get(location) ?? location))],
  );
  return lines.length === 0 ? [] : [`printf '%s\\n' ${lines.join(' ')} >${shellWord(`${dataDir}/tablespace_map`)}`];
}
