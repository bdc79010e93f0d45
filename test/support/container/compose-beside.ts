import type { Vault } from '../../../layers/vault/vault.ts';
import { freePort } from '../servers/postgres.ts';
import { startTcpProxy } from '../servers/tcp-proxy.ts';
import { freshVault } from '../world/world-vault.ts';
import { type ComposeProject, composeProject } from './compose-project.ts';
import { freshName } from './container.ts';
import { IMAGE } from './images.ts';
import { podman } from './podman.ts';
import { buildStandIns, removeStandIns, STAND_INS } from './stand-ins.ts';

export interface ComposeBeside {
  readonly project: ComposeProject;
  /** Behind the project's MinIO. */
  readonly vault: Vault;
  /** Of pgvouch, on this machine. */
  readonly metricsPort: number;
  end(): Promise<void>;
}

/**
 * deploy/compose.yaml with images that stand in for its servers'. Nothing is up yet.
 *
 * @param more - variables of its `.env`
 */
export async function composeBeside(more: Readonly<Record<string, string>> = {}): Promise<ComposeBeside> {
  const { vault } = await freshVault();
  const { bucket, server } = vault.config;
  const gateway = await podman('network', 'inspect', '--format', '{{range .Subnets}}{{.Gateway}}{{end}}', 'podman');
  const store = await startTcpProxy(Number(new URL(server?.endpoint ?? '').port), { host: '0.0.0.0' });
  await buildStandIns(`${gateway}:${store.port}`);
  const metricsPort = await freePort();
  const project = await composeProject(freshName(), {
    ...{ PGVOUCH_IMAGE: IMAGE, POSTGRES_IMAGE: STAND_INS.postgres, MINIO_IMAGE: STAND_INS.minio },
    ...{ POSTGRES_HOST: 'postgres', POSTGRES_USER: 'postgres', POSTGRES_PASSWORD: 'a1b2c3', POSTGRES_DB: 'shop' },
    MINIO_ENDPOINT: 'http://minio:9000',
    ...{ MINIO_ACCESS_KEY: String(server?.accessKeyId ?? ''), MINIO_SECRET_KEY: String(server?.secretAccessKey ?? '') },
    ...{ BACKUP_BUCKET: bucket, METRICS_PORT: String(metricsPort) },
    // The store behind knows no webhooks of MinIO's configuration.
    ...{ MINIO_NOTIFY_ARN: '', LOCAL_VERIFY_INTERVAL: '2' },
    ...more,
  });
  return {
    ...{ project, vault, metricsPort },
    async end() {
      await project.remove();
      await removeStandIns();
      await store.end();
    },
  };
}
