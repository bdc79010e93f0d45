import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { createLogger } from '../../layers/log/logger.ts';
import { withSettingsFile } from '../../layers/settings/settings-file.ts';
import { openVault } from '../../layers/vault/vault.ts';
import project from '../../package.json' with { type: 'json' };
import { readExporterConfig } from './config.ts';
import { answerRequest } from './exporter.ts';
import { openObserver } from './observe/observer.ts';

const env = withSettingsFile(process.env);
const config = readExporterConfig(env);
const log = createLogger(env);
const servers = config.servers.map((server) => {
  const vault = openVault(server.vault);
  return { name: server.server, vault, observer: openObserver({ ...server, vault, log }, Date.now) };
});
const deps = { servers, token: config.token, version: project.version, log };

/** GET /metrics → the state of the vault for Prometheus; GET / → for people, /api/v1/… → for programs; GET /healthz → that this runs. */
export async function handler(event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> {
  return answerRequest(deps, event, Date.now);
}
