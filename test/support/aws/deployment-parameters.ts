const secret = (name: string) => `arn:aws:secretsmanager:eu-central-1:123456789012:secret:${name}-AbCdEf`;

/** The parameters that AWS cannot do without, and nothing else. */
export const REQUIRED = {
  AWS_REGION: 'eu-central-1', // that of the secrets
  POSTGRES_HOST: 'db.internal',
  POSTGRES_USER: 'backup',
  POSTGRES_DB: 'shop',
  POSTGRES_PASSWORD_SECRET: secret('postgres'),
  METRICS_TOKEN_SECRET: secret('metrics-token'),
} as const;

/** The secret of each channel that messages may go to. */
export const CHANNEL_SECRETS = {
  BACKUP_WEBHOOK_URL_SECRET: secret('webhook'),
  BACKUP_DISCORD_URL_SECRET: secret('discord'),
  BACKUP_TEAMS_URL_SECRET: secret('teams'),
  BACKUP_TELEGRAM_TOKEN_SECRET: secret('telegram'),
  BACKUP_SMTP_URL_SECRET: secret('smtp'),
  BACKUP_PAGERDUTY_KEY_SECRET: secret('pagerduty'),
  BACKUP_OPSGENIE_KEY_SECRET: secret('opsgenie'),
} as const;

/** That of a refresh's target, which only a pgvouch.yaml names. */
export const refreshSecret = secret('staging');

/** Every optional part at once: another architecture, a VPC, all channels, reservations, names of one's own. */
export const EVERYTHING = {
  ...REQUIRED,
  ...CHANNEL_SECRETS,
  BACKUP_TELEGRAM_CHAT: '-1001234567890',
  BACKUP_MAIL_FROM: 'pgvouch@example.com',
  BACKUP_MAIL_TO: 'ops@example.com',
  DRILL_DATABASE_URL: 'postgres://drill@drill.internal:5432?sslmode=require',
  DRILL_DATABASE_PASSWORD_SECRET: secret('rds!db-7c0a2a55-1111-2222-3333-444455556666'), // as RDS calls its own
  BACKUP_WEBHOOK_FORMAT: 'json',
  BACKUP_PING_URL_SECRET: secret('ping'),
  BACKUP_STATUS_URL: 'https://status.example/backups?team=blue',
  BACKUP_RUNBOOK_URL: 'https://git.example/pgvouch/docs/runbook.md',
  BACKUP_BUCKET: 'our-own-backups',
  BACKUP_PREFIX: 'teams/blue', // the functions add the slash, so packaging does
  LAMBDA_ARCHITECTURE: 'arm64',
  DUMP_SUBNET_IDS: 'subnet-0a1b2c, subnet-3d4e5f',
  DUMP_SECURITY_GROUP_IDS: 'sg-0123abcd',
  DUMP_RESERVED_CONCURRENCY: '2',
  DUMP_MEMORY_MB: '3008',
  DUMP_STORAGE_MB: '1024',
  DUMP_SCHEDULE: 'cron(15 */6 * * ? *)',
  BUCKET_NONCURRENT_DAYS: '90',
  LOG_RETENTION_DAYS: '', // empty counts as unset
  PGSSLMODE: 'verify-full',
  PITR: 'on',
  REPLICATION_USER: 'archivist',
  REPLICATION_PASSWORD_SECRET: secret('replication'),
  SECRETS_KMS_KEY_ARN: 'arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d-1111-2222-3333-444455556666',
  ALARM_TOPIC_ARN: 'arn:aws:sns:eu-central-1:123456789012:ops',
  STACK_TAGS: '{"team": "blue", "cost centre": "4711"}',
} as const;

/** What the self-hosted set-up keeps in the same shell: none of it may reach a template, a zip or the output. */
export const SECRETS = {
  POSTGRES_PASSWORD: 'pw-4f1c-must-not-leak',
  REPLICATION_PASSWORD: 'pw-91be-must-not-leak',
  METRICS_TOKEN: 'token-77ab-must-not-leak',
  BACKUP_WEBHOOK_URL: 'https://hooks.example/must-not-leak',
  BACKUP_PING_URL: 'https://ping.example/must-not-leak',
  MINIO_ENDPOINT: 'http://minio-must-not-leak:9000',
  MINIO_ACCESS_KEY: 'access-must-not-leak',
  MINIO_SECRET_KEY: 'secret-must-not-leak',
} as const;
