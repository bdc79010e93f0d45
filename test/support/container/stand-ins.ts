import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { prometheusPrograms } from '../prometheus/prometheus-programs.ts';
import { IMAGE } from './images.ts';
import { LIMITS, podman } from './podman.ts';

/** As there is no registry of images, these stand in for those of deploy/compose.yaml. */
export const STAND_INS = {
  postgres: 'localhost/pgvouch-test/postgres',
  minio: 'localhost/pgvouch-test/minio',
  prometheus: 'localhost/pgvouch-test/prometheus',
} as const;

/** PostgreSQL, made and started by the variables of the official image. */
const POSTGRES = `#!/bin/bash
set -euo pipefail
bin=/opt/scratch-postgres/18/bin data=/var/lib/postgresql/data/18
if [ ! -s "$data/PG_VERSION" ]; then
  printf '%s' "$POSTGRES_PASSWORD" > /tmp/password
  "$bin/initdb" --pgdata="$data" --username="$POSTGRES_USER" --pwfile=/tmp/password --auth=scram-sha-256 --encoding=UTF8
  echo 'host all all all scram-sha-256' >> "$data/pg_hba.conf"
  echo "CREATE DATABASE $POSTGRES_DB" | "$bin/postgres" --single -D "$data" postgres
  echo 'CREATE TABLE orders AS SELECT generate_series(1, 1000) AS id' | "$bin/postgres" --single -D "$data" "$POSTGRES_DB"
fi
exec "$bin/postgres" -D "$data" -c listen_addresses='*' -c unix_socket_directories=/tmp -c fsync=off
`;

/** Whether somebody listens: what the health checks of the real images ask. */
const listens = (port: number) => `#!/bin/bash\nexec 3<>/dev/tcp/127.0.0.1/${port}\n`;

/** Passes connections on to an S3 server elsewhere. */
const MINIO = `#!/usr/local/bin/node
const { connect, createServer } = require('node:net');
const [host, port] = process.env.STORE.split(':');
createServer((near) => {
  const far = connect(port, host);
  near.pipe(far).pipe(near);
  for (const [one, other] of [[near, far], [far, near]]) one.on('error', () => other.destroy());
}).listen(9000);
process.on('SIGTERM', () => process.exit(0));
`;

/** Debian's, with the arguments of the official image. */
const PROMETHEUS = `#!/bin/bash
exec prometheus --config.file=/etc/prometheus/prometheus.yml --storage.tsdb.path=/prometheus
`;

/** @param store - the S3 server that stands behind `minio`, `host:port` as containers reach it */
export async function buildStandIns(store: string): Promise<void> {
  await build(STAND_INS.postgres, { start: POSTGRES, pg_isready: listens(5432) }, [
    'RUN mkdir -p /var/lib/postgresql/data && chown -R 10001:10001 /var/lib/postgresql',
    'VOLUME /var/lib/postgresql/data',
    // It ends at once, as the official image does.
    'STOPSIGNAL SIGINT',
  ]);
  await build(STAND_INS.minio, { start: MINIO, mc: listens(9000) }, [
    `ENV STORE=${store}`,
    'RUN mkdir /data && chown 10001:10001 /data',
  ]);
}

export async function buildPrometheus(): Promise<void> {
  const { root } = await prometheusPrograms();
  await build(
    STAND_INS.prometheus,
    { start: PROMETHEUS },
    ['RUN mkdir /prometheus && chown 10001:10001 /prometheus', 'VOLUME /prometheus'],
    [path.join(root, 'usr/bin/prometheus')],
  );
}

export async function removeStandIns(): Promise<void> {
  await podman('image', 'rm', '--force', '--ignore', ...Object.values(STAND_INS));
}

async function build(
  image: string,
  programs: Readonly<Record<string, string>>,
  steps: readonly string[],
  copied: readonly string[] = [],
): Promise<void> {
  const context = await mkdtemp(path.join(tmpdir(), 'pgvouch-stand-in-'));
  try {
    for (const [name, text] of Object.entries(programs)) {
      await writeFile(path.join(context, name), text, { mode: 0o755 });
    }
    for (const file of copied) await copyFile(file, path.join(context, path.basename(file)));
    const names = [...Object.keys(programs), ...copied.map((file) => path.basename(file))].join(' ');
    const lines = [
      ...[`FROM ${IMAGE}`, 'USER 0:0', `COPY ${names} /usr/local/bin/`, ...steps, 'USER 10001:10001'],
      ...['ENTRYPOINT ["tini", "--", "start"]', 'CMD []'],
    ];
    await writeFile(path.join(context, 'Containerfile'), lines.join('\n'));
    const how = ['--format', 'docker', '--layers=false', '--network', 'none'];
    await podman('build', ...LIMITS, ...how, '--tag', image, context);
  } finally {
    await rm(context, { recursive: true, force: true });
  }
}
