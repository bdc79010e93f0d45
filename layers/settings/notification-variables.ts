import * as z from 'zod';
import { sortPatterns } from '../backup/database-patterns.ts';
import { CHANNEL_KINDS } from './channels.ts';
import { absolutePath, choice, jsonOf, type Shape, secretUrl, url, writtenAs } from './shapes.ts';
import type { Variable } from './variable.ts';

/** Without $: there they stand in an Fn::Sub, where it would mean something. Without #: a section is put behind. */
const publicUrl: Shape<string> = z
  .string()
  .regex(/^https?:\/\/[^\s$#]+$/, 'must be an http:// or https:// URL without $ and #');

const botToken: Shape<string> = z
  .string()
  .regex(/^\d+:[\w-]+$/, 'must be the token of a bot, as BotFather gives it: digits, a colon, and more');

const chat: Shape<string> = writtenAs(
  { type: ['integer', 'string'] },
  z
    .string()
    .regex(/^(-?\d+|@\w+)$/, 'must be the id of a chat, such as -1001234567890, or @ and the name of a public channel'),
);

const ADDRESS = String.raw`[^\s,;<>"@]+@[^\s,;<>"@]+`;
const mailAddress: Shape<string> = z.string().regex(new RegExp(`^${ADDRESS}$`), 'must be a mail address');
const mailAddresses: Shape<string> = z
  .string()
  .regex(new RegExp(`^${ADDRESS}(\\s*,\\s*${ADDRESS})*$`), 'must be mail addresses separated by commas');

const smtpUrl: Shape<string> = z.url({
  protocol: /^smtps?$/,
  error: 'must be an smtp:// or smtps:// URL, such as smtps://user:password@mail.example:465',
});

/** As it may stand in a header. */
const key: Shape<string> = z.string().regex(/^[\w-]+$/, 'must be a key of letters, digits and hyphens');

const CHANNEL_DATABASES = `must be an object of channels (${CHANNEL_KINDS.join(', ')}) and lists of databases, like {"${CHANNEL_KINDS[1]}": ["shop", "crm_*"]}`;
const databasesOfChannel = z
  .array(z.string(CHANNEL_DATABASES).min(1, CHANNEL_DATABASES), CHANNEL_DATABASES)
  .min(1, CHANNEL_DATABASES)
  .superRefine((list, context) => {
    const sorted = sortPatterns(list);
    if (sorted && 'wrong' in sorted) context.addIssue(`has a list that ${sorted.wrong}`);
  });
const channelDatabases = jsonOf(
  z.partialRecord(z.enum(CHANNEL_KINDS, CHANNEL_DATABASES), databasesOfChannel, CHANNEL_DATABASES),
);

/** Where notifications go. */
export const NOTIFICATION_VARIABLES = {
  BACKUP_WEBHOOK_URL: {
    shape: secretUrl,
    meaning: 'Where failures are posted; see [notifications.md](notifications.md)',
    common: true,
    readBy: ['notify'],
    file: { at: 'notifications.webhook.url' },
    secret: true,
    onAws: {
      meaning:
        "The ARN of the secret with the webhook's URL. Without it, failures are recorded and counted, but no message is sent",
    },
  },
  BACKUP_WEBHOOK_FORMAT: {
    shape: choice('text', 'json'),
    default: 'text',
    meaning: '`text` posts `{"text": "[BACKUP FAILURE] …"}`; `json` posts the whole failure record',
    readBy: ['notify'],
    file: { at: 'notifications.webhook.format' },
    onAws: {},
  },
  BACKUP_DISCORD_URL: {
    shape: secretUrl,
    meaning: 'The URL of a webhook of Discord; see [notifications.md](notifications.md#discord)',
    readBy: ['notify'],
    file: { at: 'notifications.discord.url' },
    secret: true,
    onAws: { meaning: 'The ARN of the secret with the URL of a webhook of Discord' },
  },
  BACKUP_TEAMS_URL: {
    shape: secretUrl,
    meaning:
      'The URL of a Workflows webhook of Microsoft Teams; see [notifications.md](notifications.md#microsoft-teams)',
    readBy: ['notify'],
    file: { at: 'notifications.teams.url' },
    secret: true,
    onAws: { meaning: 'The ARN of the secret with the URL of a Workflows webhook of Microsoft Teams' },
  },
  BACKUP_TELEGRAM_TOKEN: {
    shape: botToken,
    meaning: 'The token of a bot on Telegram; see [notifications.md](notifications.md#telegram)',
    readBy: ['notify'],
    file: { at: 'notifications.telegram.token' },
    secret: true,
    onAws: { meaning: 'The ARN of the secret with the token of a bot on Telegram' },
  },
  BACKUP_TELEGRAM_CHAT: {
    shape: chat,
    meaning: 'The chat that the bot writes to: its id, or `@` and the name of a public channel',
    readBy: ['notify'],
    file: { at: 'notifications.telegram.chat' },
    onAws: {},
  },
  BACKUP_TELEGRAM_URL: {
    shape: url,
    default: 'https://api.telegram.org',
    meaning: 'The Bot API, if you run a server of your own for it',
    readBy: ['notify'],
    file: { at: 'notifications.telegram.api' },
    onAws: { shape: publicUrl },
  },
  BACKUP_SMTP_URL: {
    shape: smtpUrl,
    meaning:
      'The mail server, such as `smtps://user:password@mail.example:465`; see [notifications.md](notifications.md#e-mail)',
    readBy: ['notify'],
    file: { at: 'notifications.mail.server' },
    secret: true,
    onAws: { meaning: 'The ARN of the secret with the URL of the mail server' },
  },
  BACKUP_SMTP_TLS: {
    shape: choice('required', 'off'),
    default: 'required',
    meaning: '`off` sends mail to an `smtp://` server without TLS, the password too',
    readBy: ['notify'],
    file: { at: 'notifications.mail.tls' },
    onAws: {},
  },
  BACKUP_SMTP_ROOT_CERT: {
    shape: absolutePath,
    without: 'the authorities that Node.js trusts',
    meaning: "A file in PEM: the authority that signed the mail server's certificate",
    readBy: ['notify'],
    file: { at: 'notifications.mail.rootCert' },
  },
  BACKUP_MAIL_FROM: {
    shape: mailAddress,
    meaning: 'The address that mail comes from',
    readBy: ['notify'],
    file: { at: 'notifications.mail.from' },
    onAws: {},
  },
  BACKUP_MAIL_TO: {
    shape: mailAddresses,
    meaning: 'The addresses that get mail, separated by commas',
    readBy: ['notify'],
    file: { at: 'notifications.mail.to', list: true },
    onAws: {},
  },
  BACKUP_PAGERDUTY_KEY: {
    shape: key,
    meaning: 'The integration key of a service in PagerDuty; see [notifications.md](notifications.md#pagerduty)',
    readBy: ['notify'],
    file: { at: 'notifications.pagerduty.key' },
    secret: true,
    onAws: { meaning: 'The ARN of the secret with the integration key of a service in PagerDuty' },
  },
  BACKUP_PAGERDUTY_URL: {
    shape: url,
    default: 'https://events.pagerduty.com',
    meaning: 'The Events API. In the EU it is `https://events.eu.pagerduty.com`',
    readBy: ['notify'],
    file: { at: 'notifications.pagerduty.api' },
    onAws: { shape: publicUrl },
  },
  BACKUP_OPSGENIE_KEY: {
    shape: key,
    meaning: 'The key of an API integration in Opsgenie; see [notifications.md](notifications.md#opsgenie)',
    readBy: ['notify'],
    file: { at: 'notifications.opsgenie.key' },
    secret: true,
    onAws: { meaning: 'The ARN of the secret with the key of an API integration in Opsgenie' },
  },
  BACKUP_OPSGENIE_URL: {
    shape: url,
    default: 'https://api.opsgenie.com',
    meaning: 'The Alert API. In the EU it is `https://api.eu.opsgenie.com`',
    readBy: ['notify'],
    file: { at: 'notifications.opsgenie.api' },
    onAws: { shape: publicUrl },
  },
  BACKUP_NOTIFY_DATABASES: {
    shape: channelDatabases,
    without: 'every channel gets everything',
    meaning:
      'A JSON object: the databases that a channel gets messages about, by names or patterns, such as `{"discord": ["shop", "crm_*"]}`; see [notifications.md](notifications.md#which-databases)',
    readBy: ['notify'],
    file: { at: 'notifications.databases' },
    onAws: {},
  },
  BACKUP_PING_URL: {
    shape: secretUrl,
    meaning:
      "A dead-man's switch such as healthchecks.io. With several databases it must contain `{database}`, so that each has its own check, unless they have pings of their own in a [pgvouch.yaml](config-file.md)",
    // A dump starts, a backup is proved, a function failed.
    readBy: ['dump', 'verify', 'notify'],
    file: { at: 'notifications.ping', per: 'database' },
    secret: true,
    onAws: {
      meaning:
        "The ARN of the secret with the URL of a dead-man's switch. The URL may contain `{database}`; see [notifications.md](notifications.md#several-databases)",
    },
  },
  BACKUP_STATUS_URL: {
    shape: url,
    without: '`http://127.0.0.1:<METRICS_PORT>/`',
    meaning: 'The public address of the status page; messages link to it',
    readBy: ['notify'],
    file: { at: 'notifications.statusUrl' },
    // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation fills it in
    onAws: { default: '${HttpApi.ApiEndpoint}/', without: 'the API of this stack', shape: publicUrl },
  },
  BACKUP_RUNBOOK_URL: {
    shape: url,
    meaning: 'The public address of your copy of [runbook.md](runbook.md); messages link to it',
    readBy: ['notify'],
    file: { at: 'notifications.runbookUrl' },
    onAws: { shape: publicUrl },
  },
} as const satisfies Readonly<Record<string, Variable>>;
