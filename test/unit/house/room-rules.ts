const postgres = (...rooms: string[]) => rooms.map((room) => `layers/postgres/${room}`);
const POSTGRES = postgres('complaints', 'connect', 'contents', 'places', 'programs');

/**
 * The dependency rule of the house: what the files of a folder may import, beside each other. Folders mean themselves
 * alone, not what is below them; `node:` is all of Node's own modules.
 */
export const RULES: Readonly<Record<string, readonly string[]>> = {
  'layers/backup': ['zod'],
  'layers/wal': ['layers/backup', 'zod'],
  'layers/settings': ['layers/backup', 'zod', 'node:'],
  'layers/settings/file': ['layers/backup', 'layers/settings', 'yaml', 'zod', 'node:'],
  'layers/words': ['layers/backup', 'cli-progress', 'node:'],
  'layers/api': ['layers/backup', 'layers/catalog', 'layers/wal', 'layers/words', 'zod'],
  'layers/deadline': ['layers/backup'],
  'layers/schedule': ['layers/backup', 'layers/settings', 'croner'],
  'layers/log': ['layers/backup', 'layers/settings', 'pino', 'node:'],
  'layers/secrets': [
    ...['layers/backup', 'layers/settings', '@aws-sdk/client-secrets-manager', '@aws-sdk/rds-signer', 'node:'],
  ],
  'layers/webhook': ['layers/backup', 'layers/secrets', 'layers/settings', 'p-retry', 'node:'],
  'layers/mail': ['layers/backup', 'nodemailer', 'p-retry', 'node:'],
  'layers/vault': ['layers/backup', 'layers/secrets', 'layers/settings', '@aws-sdk/client-s3', 'p-retry', 'node:'],
  'layers/catalog': ['layers/backup', 'layers/vault', 'layers/wal'],
  'layers/catalog/listing': ['layers/backup', 'layers/vault', 'layers/wal', 'zod'],
  'layers/postgres/complaints': ['layers/backup', 'layers/postgres/connect'],
  'layers/postgres/connect': ['layers/backup', 'layers/secrets', 'layers/settings', 'pg', 'node:'],
  'layers/postgres/contents': ['layers/backup', 'layers/postgres/connect', 'pg', 'node:'],
  'layers/postgres/places': [
    ...['layers/backup', 'layers/extensions', ...postgres('complaints', 'connect'), 'pg', 'node:'],
  ],
  'layers/postgres/programs': ['layers/backup', ...POSTGRES, 'layers/settings', 'pg', 'node:'],
  'layers/postgres/replication': ['layers/backup', 'layers/postgres/connect', 'layers/wal', 'pg', 'node:'],
  'layers/postgres/swap': ['layers/backup', ...postgres('connect', 'contents', 'places'), 'pg', 'node:'],
  'layers/archiving': [
    'node:',
    'layers/seal',
    ...['layers/backup', 'layers/deadline', 'layers/postgres/connect', 'layers/postgres/replication'],
    ...['layers/vault', 'layers/wal', 'layers/zstd', 'pino'],
  ],
  'layers/dumping': [
    ...['layers/backup', ...postgres('complaints', 'connect', 'contents', 'programs'), 'layers/seal', 'layers/vault'],
  ],
  'layers/restoring': [
    ...['layers/backup', 'layers/extensions', ...POSTGRES, 'layers/seal', 'layers/vault', 'layers/words', 'node:'],
  ],
  'layers/seal': ['layers/secrets', 'layers/settings', 'layers/backup', 'layers/vault', 'age-encryption', 'node:'],
  'layers/zstd': ['layers/backup', 'node:'],
  'layers/lambda': ['@aws-sdk/client-lambda'],
  'layers/tasks': ['layers/backup', 'layers/settings', '@aws-sdk/client-ecs', 'node:'],
  'layers/modules': ['esbuild', 'tsx/esm/api', 'node:'],
  'layers/debian': ['layers/backup', 'node:'],
  'layers/extensions': ['layers/debian'],
  'layers/scratch': [
    ...['layers/backup', 'layers/debian', 'layers/extensions', 'layers/postgres/places', 'layers/settings', 'node:'],
  ],
  'layers/recovery': [
    'layers/seal',
    ...['layers/backup', 'layers/catalog', ...postgres('complaints', 'places', 'programs'), 'layers/scratch'],
    ...['layers/vault', 'layers/wal', 'layers/words', 'layers/zstd', 'node:'],
  ],
  'layers/build/pg-client': ['layers/backup', 'layers/debian', 'layers/words', 'node:'],
  'layers/build/scratch-postgres': [
    ...['layers/backup', 'layers/debian', 'layers/extensions', 'layers/scratch', 'layers/settings', 'layers/words'],
    'node:',
  ],

  // Beside them only what is about all of them.
  functions: [
    ...['functions/dump', 'functions/exporter', 'functions/notify', 'functions/retention', 'functions/verify'],
    ...['functions/base', 'functions/find', 'functions/recovery', 'functions/refresh', 'functions/wal'],
    ...['layers/backup', 'layers/settings'],
  ],
  'functions/dump': [
    ...['events', 'layers/backup', 'layers/deadline', 'layers/dumping', 'layers/log', 'layers/settings'],
    ...postgres('connect', 'contents', 'programs'),
    ...['layers/seal', 'layers/vault', 'layers/webhook', 'layers/words', 'aws-lambda', 'pino', 'node:'],
  ],
  'functions/find': [
    ...['events', 'layers/backup', 'layers/catalog', 'layers/deadline', 'layers/lambda', 'layers/log'],
    ...['layers/postgres/connect', 'node:', 'layers/schedule', 'layers/settings', 'layers/vault', 'layers/words'],
    ...['aws-lambda', 'pino'],
  ],
  'functions/verify': [
    ...['events', 'layers/backup', 'layers/catalog', 'layers/deadline', 'layers/extensions'],
    ...['layers/log', ...POSTGRES, 'layers/scratch', 'layers/seal', 'layers/settings'],
    ...['layers/tasks', 'layers/vault', 'layers/webhook', 'layers/words', 'aws-lambda', 'pino', 'node:'],
  ],
  'functions/retention': [
    ...['events', 'layers/backup', 'layers/catalog', 'layers/catalog/listing', 'layers/log', 'layers/settings'],
    ...['layers/vault', 'layers/wal', 'aws-lambda', 'pino', 'zod'],
  ],
  'functions/wal': [
    'layers/seal',
    ...['layers/archiving', 'layers/deadline', 'layers/log', 'layers/postgres/connect', 'layers/settings'],
    ...['layers/vault', 'aws-lambda'],
  ],
  'functions/base': [
    'layers/seal',
    ...['events', 'layers/archiving', 'layers/backup', 'layers/catalog', 'layers/deadline', 'layers/log'],
    ...['layers/postgres/connect', 'layers/postgres/replication', 'layers/settings', 'layers/vault', 'layers/wal'],
    ...['layers/zstd', 'aws-lambda', 'pino', 'node:'],
  ],
  'functions/recovery': [
    'layers/seal',
    ...['events', 'layers/backup', 'layers/catalog', 'layers/deadline', 'layers/log', 'layers/recovery'],
    ...POSTGRES,
    ...['layers/scratch', 'layers/settings', 'layers/tasks', 'layers/vault', 'layers/wal', 'layers/words'],
    ...['aws-lambda', 'pino', 'node:'],
  ],
  'functions/refresh': [
    ...['events', 'layers/backup', 'layers/catalog', 'layers/deadline', 'layers/log'],
    ...postgres('connect', 'contents', 'places', 'programs', 'swap'),
    ...['layers/restoring', 'layers/schedule', 'layers/seal', 'layers/settings', 'layers/vault', 'layers/words'],
    ...['aws-lambda', 'pino', 'node:'],
  ],
  'functions/notify': [
    ...['events', 'functions/notify/channels', 'layers/backup', 'layers/catalog', 'layers/log', 'layers/settings'],
    ...['layers/vault', 'layers/webhook', 'layers/words', 'pino', 'zod', 'node:'],
  ],
  'functions/notify/channels': [
    ...['layers/backup', 'layers/mail', 'layers/secrets', 'layers/settings', 'layers/webhook', 'layers/words', 'node:'],
  ],
  'functions/exporter': [
    ...['functions/exporter/api', 'functions/exporter/metrics', 'functions/exporter/observe'],
    ...['functions/exporter/status'],
    ...['layers/backup', 'layers/log', 'layers/schedule', 'layers/secrets', 'layers/settings', 'layers/vault'],
    ...['package.json', 'aws-lambda', 'pino', 'node:'],
  ],
  'functions/exporter/observe': [
    ...['layers/backup', 'layers/catalog', 'layers/catalog/listing', 'layers/schedule', 'layers/vault', 'layers/wal'],
    ...['pino', 'node:'],
  ],
  'functions/exporter/metrics': [
    ...['functions/exporter/observe', 'layers/backup', 'layers/catalog/listing', 'layers/words'],
    ...['layers/wal', 'prom-client', 'node:'],
  ],
  'functions/exporter/api': [
    ...['functions/exporter/observe', 'functions/exporter/status', 'functions/exporter/status/judge'],
    ...['layers/api', 'layers/backup', 'layers/catalog', 'layers/words', 'zod'],
  ],
  'functions/exporter/prometheus': ['layers/backup', 'layers/words', 'node:'],
  'functions/exporter/status': [
    ...['functions/exporter/observe', 'functions/exporter/status/judge', 'functions/exporter/status/page'],
  ],
  'functions/exporter/status/judge': [
    ...['functions/exporter/observe', 'functions/exporter/prometheus', 'layers/backup', 'layers/wal', 'layers/words'],
  ],
  'functions/exporter/status/page': [
    ...['functions/exporter/status/judge', 'layers/backup', 'layers/words'],
    ...['preact', 'preact-render-to-string', 'node:'],
  ],
  'functions/by-hand/accept': ['layers/backup', 'layers/catalog', 'layers/vault'],
  'functions/by-hand/adopt': ['layers/backup', 'layers/catalog', 'layers/postgres/connect', 'layers/vault'],
  'functions/by-hand/keep': ['layers/backup', 'layers/catalog', 'layers/vault', 'layers/wal', 'layers/words'],
  'functions/by-hand/keys': ['layers/seal', 'layers/vault', 'layers/words'],
  'functions/by-hand/recover': [
    ...['layers/backup', 'layers/catalog', 'layers/postgres/places', 'layers/recovery', 'layers/vault', 'layers/wal'],
    ...['layers/words', 'zod', 'node:'],
  ],
  'functions/by-hand/moment': [
    'layers/seal',
    ...['layers/backup', 'layers/catalog', 'layers/dumping', 'layers/recovery', 'layers/scratch'],
    ...postgres('complaints', 'connect', 'contents', 'places', 'programs'),
    ...['layers/vault', 'layers/wal', 'layers/words', 'node:'],
  ],
  'functions/by-hand/slot': [
    ...['layers/backup', 'layers/postgres/connect', 'layers/postgres/replication', 'layers/wal'],
  ],
  'functions/by-hand/restore': [
    ...['layers/backup', 'layers/catalog', 'layers/extensions', ...postgres('complaints', 'connect', 'places')],
    ...['layers/restoring', 'layers/vault', 'layers/words'],
  ],

  events: ['layers/backup', 'layers/wal', 'zod'],
  'events/host': [
    ...['events', 'layers/backup', 'layers/schedule', 'layers/settings', 'layers/settings/file', 'croner', 'node:'],
  ],
  'events/host/set-up': [
    ...['layers/backup', 'layers/debian', 'layers/build/pg-client', ...postgres('connect', 'programs')],
    ...['layers/settings', 'layers/vault', 'layers/words'],
  ],
  'events/task': ['events', 'layers/backup', 'layers/settings', 'aws-lambda', 'pino', 'node:'],
  'events/offline': [
    ...['events', 'events/host', 'events/host/set-up', 'events/offline/machine', 'events/offline/servers', 'functions'],
    ...['layers/backup', 'layers/catalog', 'layers/log', 'layers/postgres/places'],
    ...['layers/modules', 'layers/settings', 'layers/vault', 'layers/words', 'node:'],
  ],
  'events/offline/servers': [
    ...['events/host/set-up', 'events/offline/servers/ceph', 'layers/backup', ...postgres('connect', 'places')],
    ...['layers/vault', 'layers/words', '@aws-sdk/client-sns', 'pg', 'node:'],
  ],
  'events/offline/servers/ceph': [
    ...['events/offline/machine', 'layers/backup', 'layers/debian', 'layers/postgres/places', 'node:'],
  ],
  'events/offline/machine': ['layers/backup', 'node:'],
  'events/serve': [
    ...['events', 'events/host', 'events/host/set-up', 'functions', 'layers/backup', 'layers/catalog'],
    ...['layers/debian', 'layers/log', 'layers/modules'],
    ...['layers/postgres/connect', 'layers/postgres/places', 'layers/settings'],
    ...['layers/vault', 'layers/wal', 'aws-lambda', 'pino', 'zod', 'node:'],
  ],
  'events/cli': [
    ...['events/host', 'events/host/set-up', 'events/offline', 'events/offline/servers', 'events/task'],
    ...['functions', 'layers/schedule', 'layers/settings/file'],
    ...[
      'functions/by-hand/accept',
      'functions/by-hand/adopt',
      'functions/by-hand/keep',
      'functions/by-hand/keys',
      'functions/by-hand/slot',
    ],
    ...['functions/by-hand/moment', 'functions/notify'],
    ...['functions/base', 'functions/by-hand/recover', 'functions/by-hand/restore', 'functions/dump', 'functions/find'],
    ...[
      'functions/recovery',
      'functions/refresh',
      'functions/retention',
      'functions/verify',
      'functions/wal',
      'layers/api',
    ],
    ...['layers/backup', 'layers/catalog'],
    ...['layers/deadline', 'layers/lambda', 'layers/log', ...postgres('connect', 'places', 'programs')],
    ...['layers/restoring', 'layers/seal', 'layers/settings', 'layers/vault'],
    ...['layers/wal', 'layers/words', 'package.json', 'commander', 'layers/modules', 'pino', 'node:'],
  ],
  'deploy/image': [
    ...['layers/backup', 'layers/build/pg-client', 'layers/build/scratch-postgres', 'layers/debian'],
    ...['layers/scratch', 'layers/settings', 'node:'],
  ],
  'deploy/package': ['layers/debian', 'layers/modules', 'layers/settings', 'layers/words', 'esbuild', 'node:'],
  'deploy/aws': [
    ...['functions', 'layers/backup', 'layers/modules', 'layers/schedule', 'layers/settings', 'layers/settings/file'],
    ...['esbuild', 'node:'],
  ],
};
