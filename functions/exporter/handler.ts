import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { createLogger } from '../../layers/log/logger.ts';
import { openVault } from '../../layers/vault/vault.ts';
import project from '../../package.json' with { type: 'json' };
import { readExporterConfig } from './config.ts';
import { exportMetrics } from './exporter.ts';

const config = readExporterConfig(process.env);
const deps = {
  vault: openVault(config.vault),
  databases: config.databases,
  token: config.token,
  version: project.version,
  log: createLogger(process.env),
};

/** GET /metrics → the state of the vault for Prometheus. */
export async function handler(event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> {
  return exportMetrics(deps, event, Date.now);
}
