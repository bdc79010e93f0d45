import { expect } from 'vitest';
import { allows } from './iam-policy.ts';
import type { Template } from './template.ts';

/** Checks what wal and base may do with objects. @param folder - of the vault, as an ARN */
export function expectClusterRights(resources: Template['Resources'], folder: string): void {
  const cluster = `${folder}/.clusters/1`;
  const wal = `${cluster}/wal/000000010000000000000001.zst`;
  const base = `${cluster}/base/2026-11-22T01-30-00Z`;
  const stored = { WalRole: [wal], BaseRole: [wal, `${base}/a/base.tar.zst`, `${base}/a/backup_manifest`] };
  const read = { WalRole: [wal], BaseRole: [wal, `${base}/base.json`, `${base}/a/backup_manifest`] };
  for (const [role, objects] of Object.entries(stored)) {
    for (const object of objects) {
      expect(allows(resources[role], 's3:PutObject', object), object).toBe(true);
      for (const action of ['s3:DeleteObject', 's3:DeleteObjectVersion', 's3:PutObjectTagging']) {
        expect(allows(resources[role], action, object), `${role} ${action}`).toBe(false);
      }
    }
    const manifest = `${folder}/shop/x/manifest.json`;
    for (const action of ['s3:GetObject', 's3:PutObject']) {
      expect(allows(resources[role], action, manifest), `${role} ${action}`).toBe(false);
    }
  }
  for (const [role, objects] of Object.entries(read)) {
    for (const object of objects) expect(allows(resources[role], 's3:GetObject', object), object).toBe(true);
  }
  // What it does not look at again.
  expect(allows(resources.BaseRole, 's3:GetObject', `${base}/a/base.tar.zst`)).toBe(false);
  expect(allows(resources.BaseRole, 's3:PutObject', `${base}/kept.json`)).toBe(false);
}
