import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findFreePort, isPortFree } from '../../machine/ports.ts';
import { type ClusterFacts, cephConf, type GatewayFacts, monAddress } from './conf.ts';
import { type CephHome, runCeph } from './programs.ts';

export interface ClusterWish {
  readonly sizeBytes: number;
  readonly gateway: GatewayFacts;
  readonly signal: AbortSignal;
}

export interface PreparedCluster extends ClusterFacts {
  /** The object store is still to be formatted, which needs the monitor. */
  readonly isNew: boolean;
}

/**
 * Makes a cluster's directory, or takes the one that is there; nothing runs afterwards, and `ceph.conf` is written.
 * One whose creation was interrupted is made anew.
 */
export async function prepareCluster(home: CephHome, wish: ClusterWish): Promise<PreparedCluster> {
  const { dataDir } = home;
  const existing = await readFacts(dataDir);
  if (!existing) return createCluster(home, wish);
  if (await isPortFree(existing.monPort)) {
    await writeConf(home, existing, wish.gateway);
    return { ...existing, isNew: false };
  }
  // Somebody took the monitor's port meanwhile: it moves, and its map of itself with it.
  const moved = { ...existing, monPort: await findFreePort() };
  await writeConf(home, moved, wish.gateway);
  const monMap = await writeMonMap(home, moved, wish.signal);
  await runCeph(home, 'ceph-mon', ['-i', 'a', '--inject-monmap', monMap], wish);
  await writeFacts(dataDir, moved);
  return { ...moved, isNew: false };
}

/** Says that the cluster is complete: from now on a start uses it. */
export async function writeFacts(dataDir: string, facts: ClusterFacts): Promise<void> {
  const { fsid, osdUuid, sizeBytes, monPort } = facts;
  const path = join(dataDir, 'cluster.json');
  await writeFile(`${path}.new`, JSON.stringify({ fsid, osdUuid, sizeBytes, monPort }));
  await rename(`${path}.new`, path);
}

async function readFacts(dataDir: string): Promise<ClusterFacts | undefined> {
  const text = await readFile(join(dataDir, 'cluster.json'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as ClusterFacts);
}

async function createCluster(home: CephHome, wish: ClusterWish): Promise<PreparedCluster> {
  const { dataDir } = home;
  for (const part of ['mon', 'osd', 'rgw', 'run', 'log']) {
    await rm(join(dataDir, part), { recursive: true, force: true });
    await mkdir(join(dataDir, part), { recursive: true });
  }
  const { sizeBytes, gateway, signal } = wish;
  const facts = { fsid: randomUUID(), osdUuid: randomUUID(), sizeBytes, monPort: await findFreePort() };
  await writeConf(home, facts, gateway);
  await writeFile(join(dataDir, 'keyring'), keyring(), { mode: 0o600 });
  const monMap = await writeMonMap(home, facts, signal);
  const osdMap = join(dataDir, 'run/osdmap');
  await runCeph(home, 'osdmaptool', ['--createsimple', '1', '--clobber', osdMap], { signal });
  const maps = ['--monmap', monMap, '--osdmap', osdMap];
  await runCeph(home, 'ceph-mon', ['--mkfs', '-i', 'a', ...maps, '--keyring', join(dataDir, 'keyring')], { signal });
  return { ...facts, isNew: true };
}

async function writeConf(home: CephHome, facts: ClusterFacts, gateway: GatewayFacts): Promise<void> {
  await writeFile(join(home.dataDir, 'ceph.conf'), cephConf(home, facts, gateway), { mode: 0o600 });
}

async function writeMonMap(home: CephHome, facts: ClusterFacts, signal: AbortSignal): Promise<string> {
  const path = join(home.dataDir, 'run/monmap');
  const mon = ['--addv', 'a', monAddress(facts.monPort)];
  await runCeph(home, 'monmaptool', ['--create', '--clobber', ...mon, '--fsid', facts.fsid, path], { signal });
  return path;
}

function keyring(): string {
  const entry = (name: string, ...caps: string[]) =>
    [`[${name}]`, `key = ${newKey()}`, ...caps.map((cap) => `caps ${cap}`), ''].join('\n');
  return [
    entry('mon.', 'mon = "allow *"'),
    entry('osd.0', 'mon = "allow profile osd"', 'osd = "allow *"'),
    entry('client.rgw.a', 'mon = "allow rw"', 'osd = "allow rwx"'),
  ].join('\n');
}

/**
 * A fresh key in Ceph's encoding: type 2 (AES-256, the only one that Ceph 20 takes), the time it was made, its length, itself.
 *
 * @see CryptoKey::encode in Ceph's src/auth/Crypto.cc
 */
function newKey(): string {
  const secret = randomBytes(32);
  const head = Buffer.alloc(12);
  head.writeUInt16LE(2, 0);
  head.writeUInt32LE(Math.floor(Date.now() / 1000), 2);
  head.writeUInt16LE(secret.length, 10);
  return Buffer.concat([head, secret]).toString('base64');
}
