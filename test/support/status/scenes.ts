import type { StatusFacts } from '../../../functions/exporter/status/judge/facts.ts';
import { backupOf, clusterOf, databaseOf, factsOf, failureOf, failuresOf, NOW, refreshOf } from './facts.ts';

const DAY_MS = 86_400_000;
const inDays = (days: number) => new Date(NOW.getTime() + days * DAY_MS);

const MISMATCH = 'Table "public"."orders" came back with 998 rows; the manifest says 1000.';
const NO_DRILL = 'No restore was tried: it needs about 41.2 GB of disk in /tmp, but only 12.7 GB is free.';

const CHANGED = {
  type: 'VaultError',
  problem: 'verify shop/2026-11-19T02-00-00Z: the archive has another SHA-256 than its manifest says',
  hint: 'restore an older backup, and find out what changed the object',
};
const MASKED_NOT = 'run /etc/pgvouch/mask.sql: line 3: column "emial" of relation "customers" does not exist';
const REFUSED = {
  problem:
    'dump billing: pg_dump ended with exit code 1: connection to server at "db.internal" (10.0.4.7), port 5432 failed: Connection refused',
};

/** A database with two months by day, and before them one a month, as a policy of days and months leaves it. */
function thinned(name: string, sizeBytes: number) {
  const shop = databaseOf({ name, sizeBytes });
  const isKept = (at: Date, daysAgo: number) => daysAgo < 68 || at.getUTCDate() === 1;
  const backups = (shop.backups ?? []).filter(({ firedAt }, daysAgo) => isKept(firedAt, daysAgo));
  return {
    ...shop,
    oldestRestorableAt: backups.at(-1)?.showsAt ?? null,
    backups: backups.map((backup, index) =>
      index > 59 && index < 68
        ? {
            ...backup,
            retirement: { removeAfter: inDays(68 - index), reasons: ['older than 60d'], going: false },
          }
        : index === 12
          ? { ...backup, kept: true }
          : backup,
    ),
  };
}

/** States that a status page must tell; the names are those of the pictures in docs/screenshots. */
export const SCENES = {
  well: factsOf([
    thinned('shop', 48_300_000),
    databaseOf({ name: 'accounts', days: 212, sizeBytes: 3_420_000 }),
    databaseOf({
      name: 'events',
      days: 120,
      sizeBytes: 9_870_000_000,
      verdict: (daysAgo) => (daysAgo % 7 === 2 ? 'restorable' : 'readable'),
      changes: (daysAgo) => (daysAgo % 7 === 2 ? {} : { reasons: [NO_DRILL] }),
    }),
  ]),

  trouble: factsOf(
    [
      thinned('accounts', 3_420_000),
      databaseOf(
        {
          name: 'shop',
          verdict: (daysAgo) => (daysAgo < 2 ? 'unrestorable' : daysAgo === 40 ? 'corrupt' : 'restorable'),
          changes: (daysAgo) =>
            daysAgo < 2
              ? { reasons: [MISMATCH] }
              : daysAgo === 40
                ? { reasons: ['The archive has another SHA-256 than its manifest says.'] }
                : {},
        },
        {
          failures: failuresOf([
            failureOf(6, {
              function: 'verify',
              type: 'VaultError',
              problem: `verify shop/2026-11-23T02-00-00Z: the backup is unrestorable: ${MISMATCH}`,
              hint: 'look at the differences with npx pgvouch show, and dump again',
              attempts: 3,
            }),
            failureOf(30, { function: 'verify', type: 'VaultError', problem: 'the backup is unrestorable' }),
            failureOf(24 * 40),
          ]),
        },
      ),
      databaseOf(
        { name: 'billing', days: 30, changes: () => ({}) },
        {
          backups: Array.from({ length: 28 }, (_, index) => backupOf(index + 2, { sizeBytes: 910_000_000 })),
          failures: failuresOf([failureOf(5, REFUSED), failureOf(29, REFUSED)], 4),
        },
      ),
      databaseOf({
        name: 'events',
        days: 90,
        sizeBytes: 98_700_000_000,
        verdict: (daysAgo) => (daysAgo === 0 ? undefined : 'restorable'),
        changes: (daysAgo) => (daysAgo === 0 ? { storedAt: new Date('2026-11-23T08:05:11Z') } : {}),
      }),
      databaseOf({ name: 'reports', days: 0 }),
    ],
    {
      retention: { lastRunAt: inDays(-0.2), problems: [], removes: true },
      refreshes: [
        refreshOf(),
        refreshOf({
          ...{ name: 'training', database: 'shop_training', current: undefined, overdueAt: inDays(-1) },
          last: { at: inDays(-0.1).toISOString(), outcome: 'failed', problem: MASKED_NOT, hint: 'correct the file' },
        }),
      ],
    },
  ),

  recovery: factsOf([databaseOf({ name: 'shop', days: 120 })], {
    pitr: true,
    clusters: [
      clusterOf(
        {
          windows: [
            { from: inDays(-40), to: inDays(-22.4), endsInGap: true },
            { from: inDays(-19.2), to: new Date(NOW.getTime() - 70_000), endsInGap: false },
          ],
        },
        40,
      ),
      clusterOf({
        ...{ name: 'crm.internal:5432', systemIdentifier: '7300000000000000001', recoveryPointAt: inDays(-0.03) },
        ...{ archivedAt: inDays(-0.03), lastProvedAt: inDays(-3) },
        windows: [{ from: inDays(-17), to: inDays(-0.03), endsInGap: false }],
        slot: { name: 'pgvouch', state: 'held', retainedBytes: 14e9, limitBytes: 21.5e9, roomBytes: 7.5e9 },
      }),
    ],
  }),

  silent: factsOf(
    [
      databaseOf({ name: 'shop', days: 0 }, { backups: undefined }),
      databaseOf({ name: 'accounts', days: 0 }, { backups: undefined }),
    ],
    { vaultUp: false, retention: { lastRunAt: undefined, problems: [], removes: undefined } },
  ),

  lists: factsOf([
    databaseOf(
      {
        name: 'shop',
        days: 14,
        verdict: (daysAgo) => (daysAgo === 1 ? 'readable' : daysAgo === 4 ? 'corrupt' : 'restorable'),
        changes: (daysAgo) =>
          daysAgo === 1
            ? { reasons: [NO_DRILL] }
            : daysAgo === 4
              ? { reasons: ['The archive has another SHA-256 than its manifest says.'] }
              : daysAgo === 6
                ? { kept: true }
                : daysAgo > 10
                  ? {
                      retirement: {
                        removeAfter: inDays(14 - daysAgo),
                        reasons: ['older than 10d'],
                        going: daysAgo > 12,
                      },
                    }
                  : {},
      },
      { failures: failuresOf([failureOf(100, { ...CHANGED, function: 'verify' }), failureOf(150)]) },
    ),
  ]),
} satisfies Record<string, StatusFacts>;

/** One of several servers. */
export function ofServer(server: string, facts: StatusFacts): StatusFacts {
  return { ...facts, server, databases: facts.databases.map((database) => ({ ...database, server })) };
}

/** Several servers, one of which needs somebody. */
export const SERVERS: readonly StatusFacts[] = [
  ofServer('main', SCENES.well),
  ofServer(
    'berlin',
    factsOf([
      databaseOf({ name: 'crm', verdict: (daysAgo) => (daysAgo === 0 ? 'unrestorable' : 'restorable') }),
      databaseOf({ name: 'billing', days: 90 }),
    ]),
  ),
  ofServer('archive', factsOf([databaseOf({ name: 'history', days: 30 })])),
];
