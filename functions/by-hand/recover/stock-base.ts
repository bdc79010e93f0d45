import { isSealedKey, openKey } from '../../../layers/backup/keys.ts';
import { linkedFolder, stageOf, tablespaceMapping } from '../../../layers/recovery/bring-chain.ts';
import type { VaultConfig } from '../../../layers/vault/config.ts';
import { baseFileKey } from '../../../layers/wal/keys.ts';
import type { StoredBase } from '../../../layers/wal/stored-base.ts';
import { shellWord } from '../../../layers/words/shell.ts';
import type { RecoverRequest } from './request.ts';

/** What opens sealed files, in a script. */
export const OPEN = 'age --decrypt --identity "$AGE_IDENTITY"';

/** Where files come from, and where they lie until they are unpacked. */
interface Place {
  readonly aws: string;
  readonly vault: Pick<VaultConfig, 'bucket' | 'prefix'>;
  /** There already. */
  readonly downloads: string;
}

/** The commands that bring a base backup to the data directory; its increments are put together by pg_combinebackup. Pure. */
export function stockBase(
  place: Place,
  { plan, dataDir, tablespaces }: Pick<RecoverRequest, 'plan' | 'dataDir' | 'tablespaces'>,
): string[] {
  const { chain } = plan;
  const last = chain.at(-1);
  const target = (location = '') => tablespaces.get(location) ?? location;
  if (last === undefined || chain.length === 1) {
    return chain.flatMap((stored) => unpack(place, stored, dataDir, (_, location) => target(location)));
  }
  const stage = stageOf(dataDir);
  const parts = chain.map((_, index) => `${stage}/${index}`);
  const moved = last.base.tablespaces.flatMap(({ oid, location }) =>
    oid === undefined ? [] : [tablespaceMapping(linkedFolder(stage, chain.length - 1, oid), target(location))],
  );
  return [
    ...chain.flatMap((stored, index) => [
      `mkdir -p ${shellWord(parts[index] ?? '')}`,
      ...unpack(place, stored, parts[index] ?? '', (oid) => linkedFolder(stage, index, oid)),
      ...manifest(place, stored, parts[index] ?? ''),
      ...stored.base.tablespaces.flatMap(({ oid }) =>
        oid === undefined
          ? []
          : [`ln -s ${shellWord(linkedFolder(stage, index, oid))} ${shellWord(`${parts[index]}/pg_tblspc/${oid}`)}`],
      ),
    ]),
    '# pg_combinebackup of the same major: it comes with PostgreSQL',
    ['pg_combinebackup', ...moved, `--output=${dataDir}`, ...parts].map(shellWord).join(' '),
    `rm -r ${shellWord(stage)}`,
  ];
}

function unpack(
  { aws, vault, downloads }: Place,
  { base, startedAt }: StoredBase,
  dataDir: string,
  folderOf: (oid: string, location: string | undefined) => string,
): string[] {
  const name = { systemIdentifier: base.systemIdentifier, startedAt };
  return base.tablespaces.flatMap(({ file, sha256, oid, location }) => {
    const local = shellWord(`${downloads}/${file}`);
    const unpacked = isSealedKey(file) ? `${OPEN} ${local} | zstd -dc` : `zstd -dc ${local}`;
    const folder = shellWord(oid === undefined ? dataDir : folderOf(oid, location));
    return [
      `${aws} s3 cp ${url(vault, baseFileKey(vault.prefix, name, base.attempt, file))} ${local}`,
      `echo ${shellWord(`${sha256}  ${downloads}/${file}`)} | sha256sum --check`,
      ...(oid === undefined ? [] : [`mkdir -p ${folder}`, `chmod 700 ${folder}`]),
      `${unpacked} | tar -xpf - -C ${folder}`,
      `rm ${local}`,
    ];
  });
}

function manifest({ aws, vault }: Place, { base, startedAt }: StoredBase, folder: string): string[] {
  const { file, sha256 } = base.manifest;
  const name = { systemIdentifier: base.systemIdentifier, startedAt };
  return [
    `${aws} s3 cp ${url(vault, baseFileKey(vault.prefix, name, base.attempt, file))} ${shellWord(`${folder}/${file}`)}`,
    `echo ${shellWord(`${sha256}  ${folder}/${file}`)} | sha256sum --check`,
    ...(isSealedKey(file)
      ? [`${OPEN} --output ${shellWord(`${folder}/${openKey(file)}`)} ${shellWord(`${folder}/${file}`)}`]
      : []),
  ];
}

function url({ bucket }: Place['vault'], key: string): string {
  return shellWord(`s3://${bucket}/${key}`);
}
