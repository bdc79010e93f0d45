import { expect } from 'vitest';
import { FUNCTION_NAMES, type FunctionName } from '../../../layers/settings/functions.ts';
import { lambdaArn } from './event-rules.ts';
import { allows } from './iam-policy.ts';
import type { Template } from './template.ts';

/** Checks who may do what about finding databases. @param folder - of the vault, as an ARN */
export function expectFindRights(resources: Template['Resources'], folder: string): void {
  const roleOf = (name: FunctionName) => resources[`${name[0]?.toUpperCase()}${name.slice(1)}Role`];
  const may = (action: string, what: string) => allows(roleOf('find'), action, what);
  expect(may('s3:PutObject', `${folder}/databases.json`)).toBe(true);
  expect(may('s3:GetObject', `${folder}/databases.json`)).toBe(true);
  for (const key of ['shop/databases.json', 'retention.json', 'shop/2026-11-22T02-00-00Z/manifest.json']) {
    expect([may('s3:PutObject', `${folder}/${key}`), may('s3:GetObject', `${folder}/${key}`)]).toEqual([false, false]);
  }
  expect(FUNCTION_NAMES.filter((name) => may('lambda:InvokeFunction', lambdaArn(name)))).toEqual(['dump', 'notify']);
  const who = (action: string) =>
    FUNCTION_NAMES.filter((name) => allows(roleOf(name), action, `${folder}/databases.json`));
  expect(who('s3:GetObject')).toEqual(['find', 'dump', 'exporter', 'notify']);
  expect(who('s3:PutObject')).toEqual(['find', 'dump']);
}
