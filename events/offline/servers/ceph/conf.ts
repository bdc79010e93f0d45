import { join } from 'node:path';
import type { CephHome } from './programs.ts';

/** What stays the same for a cluster's whole life, but for its monitor's port. */
export interface ClusterFacts {
  readonly fsid: string;
  readonly osdUuid: string;
  readonly sizeBytes: number;
  readonly monPort: number;
}

export interface GatewayFacts {
  readonly port: number;
  /** Whether it keeps in memory what it reads of buckets and users. */
  readonly cache: boolean;
  readonly tls?: GatewayTls | undefined;
}

/** A second port of the gateway, which speaks TLS: some clients speak nothing else. */
export interface GatewayTls {
  readonly port: number;
  /** In PEM, as is the key. */
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** The monitor's address, in the notation of monmaptool and `mon_host`. */
export function monAddress(port: number): string {
  return `[v2:127.0.0.1:${port}]`;
}

/**
 * `ceph.conf` of a cluster of one monitor, one store and one gateway on loopback, that is to be small and quiet.
 *
 * @see https://docs.ceph.com/en/latest/rados/configuration/
 */
export function cephConf({ root, dataDir }: CephHome, cluster: ClusterFacts, gateway: GatewayFacts): string {
  const lib = join(root, 'lib');
  return [
    section('global', {
      fsid: cluster.fsid,
      mon_host: monAddress(cluster.monPort),
      mon_initial_members: 'a',
      public_addr: '127.0.0.1',
      cluster_addr: '127.0.0.1',
      ms_bind_msgr1: false,
      keyring: join(dataDir, 'keyring'),
      run_dir: join(dataDir, 'run'),
      // A socket's path may have 107 bytes, and ours may be longer.
      admin_socket: '',
      crash_dir: join(dataDir, 'log'),
      plugin_dir: join(lib, 'ceph'),
      erasure_code_dir: join(lib, 'ceph/erasure-code'),
      // One copy on one store is all there is.
      osd_pool_default_size: 1,
      osd_pool_default_min_size: 1,
      mon_allow_pool_size_one: true,
      osd_crush_chooseleaf_type: 0,
      osd_pool_default_pg_num: 1,
      osd_pool_default_pgp_num: 1,
      osd_pool_default_pg_autoscale_mode: 'off',
      mon_max_pg_per_osd: 2000,
      ...quiet,
    }),
    section('mon', {
      mon_data: join(dataDir, 'mon'),
      mon_cluster_log_to_file: false,
      // It gives up below 5 % of free disk, which on a large disk is a lot.
      mon_data_avail_crit: 1,
      mon_data_avail_warn: 2,
      // With nobody to agree with there is nothing to wait for.
      paxos_propose_interval: 0.05,
      paxos_min_wait: 0.01,
    }),
    section('osd', {
      osd_data: join(dataDir, 'osd'),
      osd_class_dir: join(lib, 'rados-classes'),
      osd_objectstore: 'bluestore',
      bluestore_block_size: cluster.sizeBytes,
      bluestore_block_create: true,
      bluestore_cache_autotune: false,
      bluestore_cache_size: 64 * 1024 * 1024,
      osd_memory_target: 896 * 1024 * 1024,
      osd_fast_shutdown: true,
      // The default scheduler measures the disk at every start, by writing 400 MB.
      osd_op_queue: 'wpq',
    }),
    section('client', {
      rgw_data: join(dataDir, 'rgw'),
      rgw_frontends: ['beast', `endpoint=127.0.0.1:${gateway.port}`, ...tlsOf(gateway), 'tcp_nodelay=1'].join(' '),
      rgw_thread_pool_size: 32,
      // 32 queues to look through would be for thousands of buckets.
      rgw_lc_max_objs: 1,
      rgw_lc_max_worker: 1,
      rgw_gc_max_objs: 1,
      // With one it tells other gateways of every change, and after a crash waits 30 s for its former self to answer.
      rgw_cache_enabled: gateway.cache,
      // Who starts before the store is up looks again this often, instead of every 5 s.
      objecter_tick_interval: 0.25,
      rgw_crypt_require_ssl: false,
    }),
  ].join('\n');
}

/** @see https://docs.ceph.com/en/latest/radosgw/frontends/ */
function tlsOf({ tls }: GatewayFacts): string[] {
  if (tls === undefined) return [];
  const { port, certificateFile, keyFile } = tls;
  return [`ssl_endpoint=127.0.0.1:${port}`, `ssl_certificate=${certificateFile}`, `ssl_private_key=${keyFile}`];
}

const subsystems = ['auth', 'bdev', 'bluefs', 'bluestore', 'crush', 'mon', 'monc', 'ms', 'objecter', 'osd', 'paxos'];

/** Errors go to standard error and so into our log file; everything else is not even kept in memory. */
const quiet = {
  log_to_file: false,
  log_to_stderr: true,
  err_to_stderr: true,
  ...Object.fromEntries(
    [...subsystems, 'rgw', 'rgw_access', 'rocksdb'].map((subsystem) => [`debug_${subsystem}`, '0/0']),
  ),
};

function section(name: string, settings: Record<string, string | number | boolean>): string {
  const lines = Object.entries(settings).map(([key, value]) => `${key} = ${value}`);
  return `[${name}]\n${lines.join('\n')}\n`;
}
