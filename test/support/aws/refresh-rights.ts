import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { FUNCTION_NAMES, type FunctionName } from '../../../layers/settings/functions.ts';
import { refreshSecret } from './deployment-parameters.ts';
import { allows } from './iam-policy.ts';
import type { Template } from './template.ts';
import { readZip } from './zip.ts';

const MASKING = 'TRUNCATE sessions;\n';

/** A refresh of a pgvouch.yaml's only server, to be put below it. @param folder - where its file of SQL is put */
export async function refreshYaml(folder: string): Promise<string> {
  const masking = join(folder, 'mask.sql');
  await writeFile(masking, MASKING);
  const to = `{host: staging.internal, user: refresher, database: shop_staging, password: {secretArn: "${refreshSecret}"}}`;
  const staging = `{from: shop, schedule: cron(0 6 ? * MON *), to: ${to}, replaces: staging.internal/shop_staging, masking: ${masking}}`;
  return `\n  refresh:\n    staging: ${staging}\n`;
}

/**
 * Checks what the refresh became, and who may do what about it.
 *
 * @param folder - of the vault, as an ARN
 */
export async function expectRefresh(resources: Template['Resources'], folder: string, zip: string): Promise<void> {
  expect((await readZip(zip)).get('mask-staging.sql')?.toString()).toBe(MASKING);
  const roleOf = (name: FunctionName) => resources[`${name[0]?.toUpperCase()}${name.slice(1)}Role`];
  const who = (action: string, what: string) => FUNCTION_NAMES.filter((name) => allows(roleOf(name), action, what));
  const backup = `${folder}/shop/2026-11-22T02-00-00Z`;
  expect(resources.RefreshEventsRuleSchedule1?.Properties?.ScheduleExpression).toBe('cron(0 6 ? * MON *)');
  expect(resources.RefreshLambdaFunction?.Properties?.Layers).toHaveLength(3);
  expect(resources.RefreshLambdaFunction?.Properties).toHaveProperty('VpcConfig');
  expect(who('s3:GetObject', `${backup}/archive-1.dump`)).toEqual(['verify', 'refresh']);
  expect(who('s3:PutObject', `${folder}/refresh-staging.json`)).toEqual(['refresh']);
  expect(who('s3:GetObject', `${folder}/refresh-staging.json`)).toEqual(['refresh', 'exporter']);
  expect(who('secretsmanager:GetSecretValue', refreshSecret)).toEqual(['refresh']);
  for (const key of [`${backup}/manifest.json`, `${backup}/verdict-restorable.json`, `${folder}/retention.json`]) {
    expect(who('s3:PutObject', key)).not.toContain('refresh');
  }
  expect(who('s3:DeleteObject', `${backup}/archive-1.dump`)).toEqual([]);
}
