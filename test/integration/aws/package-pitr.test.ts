import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseBaseFired } from '../../../events/base-fired.ts';
import { REQUIRED } from '../../support/aws/deployment-parameters.ts';
import { targetOf, transform } from '../../support/aws/event-rules.ts';
import { allows } from '../../support/aws/iam-policy.ts';
import { copyService, type PackagedService, templateOf } from '../../support/aws/packaged-service.ts';
import { resolveTemplate, type Template } from '../../support/aws/template.ts';
import { templateProblems } from '../../support/aws/template-types.ts';

let service: PackagedService;
let written: Template;
let resources: Template['Resources'];

beforeAll(async () => {
  service = await copyService(['arm64']);
  const run = await service.run({
    LAMBDA_ARCHITECTURE: 'arm64',
    ...{ ...REQUIRED, PITR: 'on', REPLICATION_USER: 'archivist' },
    ...{ DUMP_SUBNET_IDS: 'subnet-0a', DUMP_SECURITY_GROUP_IDS: 'sg-0b' },
    ...{ BACKUP_BUCKET: 'our-own-backups', BACKUP_PREFIX: 'teams/blue/' },
  });
  expect(run.output).toContain('Service packaged');
  written = await templateOf(run);
  resources = resolveTemplate(written).Resources;
});
afterAll(() => service?.remove());

test('the template keeps to the types that AWS publishes', () => {
  expect(templateProblems(written)).toEqual([]);
});

test('WAL is archived every minute; a full base backup is taken on Sundays, an increment on the other days', () => {
  expect(resources.WalEventsRuleSchedule1?.Properties?.ScheduleExpression).toBe('rate(1 minute)');
  const fired = ['BaseEventsRuleSchedule1', 'BaseEventsRuleSchedule2'].map((name) => {
    const rule = resources[name] ?? expect.unreachable(`there is no ${name}`);
    const template = targetOf(rule).InputTransformer.InputTemplate;
    const event = JSON.parse(transform(template, { id: 'f1', time: '2026-11-22T01:30:00Z' }));
    return [rule.Properties?.ScheduleExpression, parseBaseFired(event, new Date('2026-11-22T01:30:01Z'))];
  });
  const firedAt = new Date('2026-11-22T01:30:00Z');
  expect(fired).toEqual([
    ['cron(30 1 ? * SUN *)', { firedAt, kind: 'full' }],
    ['cron(30 1 ? * MON-SAT *)', { firedAt, kind: 'incremental' }],
  ]);
});

test('they reach the server from where dump does', () => {
  const { VpcConfig } = resources.DumpLambdaFunction?.Properties ?? {};
  expect(VpcConfig).toBeDefined();
  for (const name of ['Wal', 'Base']) {
    expect(resources[`${name}LambdaFunction`]?.Properties?.VpcConfig).toEqual(VpcConfig);
  }
});

test('each writes and reads what it must, and removes nothing', () => {
  const cluster = 'arn:aws:s3:::our-own-backups/teams/blue/.clusters/1';
  const wal = `${cluster}/wal/000000010000000000000001.zst`;
  const folder = `${cluster}/base/2026-11-22T01-30-00Z`;
  const stored = { WalRole: [wal], BaseRole: [wal, `${folder}/a/base.tar.zst`, `${folder}/a/backup_manifest`] };
  const read = { WalRole: [wal], BaseRole: [wal, `${folder}/base.json`, `${folder}/a/backup_manifest`] };
  for (const [role, objects] of Object.entries(stored)) {
    for (const object of objects) {
      expect(allows(resources[role], 's3:PutObject', object), object).toBe(true);
      for (const action of ['s3:DeleteObject', 's3:DeleteObjectVersion', 's3:PutObjectTagging']) {
        expect(allows(resources[role], action, object), `${role} ${action}`).toBe(false);
      }
    }
    const manifest = 'arn:aws:s3:::our-own-backups/teams/blue/shop/x/manifest.json';
    for (const action of ['s3:GetObject', 's3:PutObject']) {
      expect(allows(resources[role], action, manifest), `${role} ${action}`).toBe(false);
    }
  }
  for (const [role, objects] of Object.entries(read)) {
    for (const object of objects) expect(allows(resources[role], 's3:GetObject', object), object).toBe(true);
  }
  // What it does not look at again.
  expect(allows(resources.BaseRole, 's3:GetObject', `${folder}/a/base.tar.zst`)).toBe(false);
  expect(allows(resources.BaseRole, 's3:PutObject', `${folder}/kept.json`)).toBe(false);
});
