import path from 'node:path';
import { libpqEnvironment } from '../../../layers/postgres/connect/connection.ts';
import { type Command, pipeline, quoted } from '../measure/run.ts';
import { type DumpPlace, functionEnvironment, type Place } from './place.ts';
import type { Rival } from './rivals.ts';

/** One way to back a database up. */
export interface Contender {
  /** As tables and results name it. */
  readonly name: string;
  /** What it does, in a few words. */
  readonly title: string;
  command(): Command;
}

export interface Rivals {
  readonly mc: Rival;
  readonly aws: Rival;
}

export const LIMIT = 'limit';
export const LIMIT_TITLE = 'pg_dump > /dev/null';

/** Everything that a user would choose between, and what none of them can beat. */
export function contenders(place: Place, database: string, { mc, aws }: Rivals): Contender[] {
  const { vault, compression, folder } = place;
  const dump = (...flags: string[]) => pgDumpLine(place, flags);
  const ours = `--compress=${compression}`;
  const env = libpqEnvironment(place.postgres.target, database);
  const mcEnv = { ...env, ...mc.env, HOME: folder, MC_HOST_bench: withKeys(vault.config.server) };
  const awsEnv = {
    ...{ ...env, ...aws.env, HOME: folder, AWS_DEFAULT_REGION: vault.config.region },
    AWS_ACCESS_KEY_ID: String(vault.config.server?.accessKeyId ?? ''),
    AWS_SECRET_ACCESS_KEY: String(vault.config.server?.secretAccessKey ?? ''),
  };
  const endpoint = vault.config.server?.endpoint ?? '';
  const key = `${vault.bucket}/${vault.prefix}rival.dump`;
  const file = path.join(folder, 'old.dump');
  const mcRun = (...args: string[]) => quoted([...mc.argv, '--quiet', ...args]);
  const throughMc = (...flags: string[]) => {
    const pipe = mcRun('pipe', ...CHECKSUM, ...flags, `bench/${key}`);
    return pipeline(`${dump(ours)} | ${pipe} > /dev/null`, mcEnv);
  };
  const toS3 = quoted([...aws.argv, '--endpoint-url', endpoint, 's3', 'cp', '--only-show-errors', '-', `s3://${key}`]);
  return [
    pgDumpAlone(place, database),
    {
      name: 'ours-sink',
      title: 'pgvouch, a bucket that costs nothing',
      command: () => oursTo(place, place.sink, database),
    },
    { name: 'ours', title: 'pgvouch, Ceph', command: () => oursTo(place, vault.config, database) },
    { name: 'mc-pipe', title: 'pg_dump | mc pipe, Ceph', command: () => throughMc() },
    {
      name: 'mc-pipe-tuned',
      title: 'the same with parts as small as ours',
      command: () => throughMc('--part-size', '8MiB', '--concurrent', '3'),
    },
    {
      name: 'aws-cp',
      title: 'pg_dump | aws s3 cp, Ceph',
      command: () => pipeline(`${dump(ours)} | ${toS3}`, awsEnv),
    },
    {
      name: 'old-route',
      title: 'pg_dump (gzip) to a file, mc cp, Ceph',
      command: () =>
        pipeline(
          `${dump(`--file=${file}`)}; ${mcRun('cp', file, `bench/${key}`)} > /dev/null; stat -c %s ${quoted([file])}; rm ${quoted([file])}`,
          mcEnv,
        ),
    },
  ];
}

/** What none can beat: pg_dump as we run it, its archive thrown away. */
export function pgDumpAlone(place: DumpPlace, database: string): Contender {
  const env = libpqEnvironment(place.postgres.target, database);
  const line = `${pgDumpLine(place, [`--compress=${place.compression}`])} > /dev/null`;
  return { name: LIMIT, title: LIMIT_TITLE, command: () => pipeline(line, env) };
}

function pgDumpLine({ client }: DumpPlace, flags: readonly string[]): string {
  return quoted([client.pgDump, ...FLAGS, ...flags]);
}

/** Those of ours that bear on speed; see pg-dump.ts. */
const FLAGS = ['--format=custom', '--lock-wait-timeout=5000', '--no-password'];

/** Ceph 20.2 refuses what mc sends by default, a pipe's upload (BadDigest) and a file of less than a part: it wants another checksum. */
export const CHECKSUM = ['--checksum', 'CRC64NVME'];

let firings = 0;

/** One invocation of our dump, as deployed; each is the firing of another backup. */
export function oursTo(place: DumpPlace, vault: Place['sink'], database: string, flags?: readonly string[]): Command {
  const time = new Date(Math.floor(Date.now() / 1000 - 86_400 + firings++) * 1000).toISOString();
  return {
    argv: place.bundles.invocation('dump', { time }, flags),
    env: functionEnvironment(place, vault, database),
  };
}

/** mc takes a server by a variable, with its keys as a URL's user. */
export function withKeys(server: Place['sink']['server']): string {
  const url = new URL(server?.endpoint ?? '');
  url.username = String(server?.accessKeyId ?? '');
  url.password = String(server?.secretAccessKey ?? '');
  return url.href;
}
