// What the variables of the deploying shell must look like. Their defaults stand in serverless.yml. CommonJS like its
// neighbours, because `${file(…)}` in serverless.yml loads nothing else.

const text = { pattern: /^[^\s].*$/, must: 'be text without a leading space' };
const wholeNumber = (min, max) => ({ min, max, must: `be a whole number from ${min} to ${max}` });
const oneOf = (...values) => ({ values, must: `be one of ${values.join(', ')}` });
const secretArn = {
  // The six characters at the end are Secrets Manager's own: a policy matches only the whole ARN.
  pattern: /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]+-[A-Za-z0-9]{6}$/,
  must: 'be the full ARN of a Secrets Manager secret, with the six characters at its end',
};
// Without $: they stand in an Fn::Sub, where it would mean something. Without #: a section is put behind.
const publicUrl = { pattern: /^https?:\/\/[^\s$#]+$/, must: 'be an http:// or https:// URL without $ and #' };
const ids = (prefix) => ({
  pattern: new RegExp(`^${prefix}-[0-9a-f]+(\\s*,\\s*${prefix}-[0-9a-f]+)*$`),
  must: `be a comma-separated list like ${prefix}-0a1b2c`,
});
const schedule = { pattern: /^(rate|cron)\([^()]+\)$/, must: 'be an EventBridge expression, like cron(0 2 * * ? *)' };
const memory = wholeNumber(128, 10_240);
const storage = wholeNumber(512, 10_240);
const concurrency = wholeNumber(1, 1_000);
const count = wholeNumber(0, 36_500);

/** Rules by variable. The functions' own variables are checked closer by the functions, when they start. */
const rules = {
  POSTGRES_HOST: text,
  POSTGRES_PORT: wholeNumber(1, 65_535),
  POSTGRES_USER: text,
  POSTGRES_PASSWORD_SECRET: secretArn,
  PGSSLMODE: oneOf('disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'),
  PGSSLROOTCERT: text,
  PGCONNECT_TIMEOUT: wholeNumber(1, 600),
  BACKUP_BUCKET: { pattern: /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, must: 'be the name of a bucket' },
  // Narrower than what S3 takes: the prefix also stands in policies, where * ? and $ would mean something.
  BACKUP_PREFIX: {
    pattern: /^(?:[\w.!'()-]+\/)+$/,
    must: "consist of letters, digits and _ . ! ' ( ) - in segments that end in a slash",
    normalize: (value) => (value.endsWith('/') ? value : `${value}/`), // as the functions do
  },
  // Numbers for CloudFormation; whatever else is a number here the framework converts.
  BUCKET_NONCURRENT_DAYS: { ...wholeNumber(1, 36_500), normalize: Number },
  BUCKET_UNFINISHED_UPLOAD_DAYS: { ...wholeNumber(1, 36_500), normalize: Number },
  DUMP_SCHEDULE: schedule,
  VERIFY_SCHEDULE: schedule,
  RETENTION_SCHEDULE: schedule,
  RETENTION_DAYS: wholeNumber(1, 36_500),
  KEEP_WITHIN_DAYS: wholeNumber(1, 36_500),
  KEEP_LAST: count,
  KEEP_DAILY: count,
  KEEP_WEEKLY: count,
  KEEP_MONTHLY: count,
  KEEP_YEARLY: count,
  RETENTION_GRACE_DAYS: wholeNumber(0, 3_650),
  RETENTION_DRY_RUN: oneOf('true', 'false'),
  SWEEP_GRACE_HOURS: wholeNumber(1, 8_760),
  DUMP_TIMEOUT: wholeNumber(10, 604_800),
  DUMP_LOCK_TIMEOUT: wholeNumber(1, 86_400),
  UPLOAD_MAX_PARTS: wholeNumber(1, 10_000),
  DRILL: oneOf('on', 'off'),
  SCRATCH_MAJOR: oneOf(15, 16, 17, 18),
  DRILL_DATABASE_URL: {
    pattern: /^postgres(ql)?:\/\/[^\s:@/]+@\S+$/,
    must: 'look like postgres://user@host:5432?sslmode=require, without a password: put that in DRILL_DATABASE_PASSWORD_SECRET',
  },
  DRILL_DATABASE_PASSWORD_SECRET: secretArn,
  FINGERPRINT: oneOf('counts', 'content'),
  LOG_LEVEL: oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
  LOG_RETENTION_DAYS: oneOf(
    ...[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653],
  ),
  METRICS_TOKEN_SECRET: secretArn,
  BACKUP_WEBHOOK_URL_SECRET: secretArn,
  BACKUP_WEBHOOK_FORMAT: oneOf('text', 'json'),
  BACKUP_PING_URL_SECRET: secretArn,
  BACKUP_STATUS_URL: publicUrl,
  BACKUP_RUNBOOK_URL: publicUrl,
  LAMBDA_ARCHITECTURE: oneOf('x86_64', 'arm64'),
  DUMP_MEMORY_MB: memory,
  VERIFY_MEMORY_MB: memory,
  RETENTION_MEMORY_MB: memory,
  EXPORTER_MEMORY_MB: memory,
  NOTIFY_MEMORY_MB: memory,
  DUMP_STORAGE_MB: storage,
  VERIFY_STORAGE_MB: storage,
  RETENTION_STORAGE_MB: storage,
  EXPORTER_STORAGE_MB: storage,
  NOTIFY_STORAGE_MB: storage,
  DUMP_RESERVED_CONCURRENCY: concurrency,
  VERIFY_RESERVED_CONCURRENCY: concurrency,
  RETENTION_RESERVED_CONCURRENCY: concurrency,
  EXPORTER_RESERVED_CONCURRENCY: concurrency,
  NOTIFY_RESERVED_CONCURRENCY: concurrency,
  DUMP_SUBNET_IDS: ids('subnet'),
  DUMP_SECURITY_GROUP_IDS: ids('sg'),
};

/** Why AWS needs them, when the same functions start elsewhere without. */
const required = {
  POSTGRES_HOST: 'the server to back up',
  POSTGRES_USER: 'the role to log in as',
  POSTGRES_PASSWORD_SECRET: "the ARN of the secret that holds the server's password",
  METRICS_TOKEN_SECRET: 'the ARN of the secret that holds the token for /metrics: the endpoint is public',
};

/** One parameter as the functions will see it; undefined if it is unset or empty. */
function readParameter(env, name) {
  const value = env[name];
  if (value === undefined || value === '') return undefined;
  return rules[name]?.normalize?.(value) ?? value;
}

/**
 * Everything that keeps these parameters from being deployed, one sentence each; empty if nothing does.
 * Values are not repeated: somebody may have put a password where an ARN belongs.
 */
function parameterProblems(env) {
  const problems = [];
  for (const [name, why] of Object.entries(required)) {
    if (readParameter(env, name) === undefined) problems.push(`${name} is not set (${why})`);
  }
  for (const [name, rule] of Object.entries(rules)) {
    const value = readParameter(env, name);
    if (value !== undefined && !fits(rule, value)) problems.push(`${name} must ${rule.must}`);
  }
  if (readParameter(env, 'PGSSLMODE')?.startsWith('verify') && readParameter(env, 'PGSSLROOTCERT') === undefined) {
    problems.push('PGSSLMODE verifies the server, so PGSSLROOTCERT must name the certificates to verify it with');
  }
  if (['RETENTION_DAYS', 'KEEP_WITHIN_DAYS'].every((name) => readParameter(env, name) !== undefined)) {
    problems.push('RETENTION_DAYS and KEEP_WITHIN_DAYS are both set and mean the same: keep one');
  }
  const inVpc = ['DUMP_SUBNET_IDS', 'DUMP_SECURITY_GROUP_IDS'].filter((name) => readParameter(env, name) !== undefined);
  if (inVpc.length === 1) problems.push(`${inVpc[0]} is set alone: a VPC needs both subnets and security groups`);
  return problems;
}

function fits(rule, value) {
  if (rule.pattern) return rule.pattern.test(value);
  if (rule.values) return rule.values.map(String).includes(value);
  return /^\d{1,6}$/.test(value) && Number(value) >= rule.min && Number(value) <= rule.max;
}

module.exports = { parameterProblems, readParameter };
