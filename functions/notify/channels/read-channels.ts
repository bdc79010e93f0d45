import { CHANNEL_KINDS, type Channel } from '../../../layers/settings/channels.ts';
import type { EnvironmentReader, SecretSource } from '../../../layers/settings/environment.ts';
import { namesIn } from '../../../layers/settings/shapes.ts';
import { type SecretName, secretNames, type VariableName } from '../../../layers/settings/variables.ts';
import { readUrlSource } from '../../../layers/webhook/config.ts';

/** One of each kind whose secret is set, with the databases that `BACKUP_NOTIFY_DATABASES` gives it. */
export function readChannels(read: EnvironmentReader): readonly Channel[] {
  const databasesOf = read.get('BACKUP_NOTIFY_DATABASES') ?? {};
  const channels = CHANNEL_KINDS.flatMap((kind) => {
    const channel = READERS[kind](read);
    const databases = databasesOf[kind];
    if (channel !== undefined) return { ...channel, ...(databases && { databases }) };
    if (databases) read.problem(`BACKUP_NOTIFY_DATABASES names ${kind}, which is not configured`);
    return [];
  });
  return Object.freeze(channels);
}

const READERS: Readonly<Record<Channel['kind'], (read: EnvironmentReader) => Channel | undefined>> = {
  webhook(read) {
    const url = readUrlSource(read, 'BACKUP_WEBHOOK_URL');
    const format = read.get('BACKUP_WEBHOOK_FORMAT');
    return url && { ...named('webhook'), url, format };
  },
  discord(read) {
    const url = readUrlSource(read, 'BACKUP_DISCORD_URL');
    return url && { ...named('discord'), url };
  },
  teams(read) {
    const url = readUrlSource(read, 'BACKUP_TEAMS_URL');
    return url && { ...named('teams'), url };
  },
  telegram(read) {
    const token = secretWith(read, 'BACKUP_TELEGRAM_TOKEN', ['BACKUP_TELEGRAM_CHAT']);
    const [chat = '', api] = [read.get('BACKUP_TELEGRAM_CHAT'), read.get('BACKUP_TELEGRAM_URL')];
    return token && { ...named('telegram'), token, chat, api };
  },
  mail(read) {
    const url = secretWith(read, 'BACKUP_SMTP_URL', ['BACKUP_MAIL_FROM', 'BACKUP_MAIL_TO']);
    const [from = '', to = ''] = [read.get('BACKUP_MAIL_FROM'), read.get('BACKUP_MAIL_TO')];
    const [tls, rootCert] = [read.get('BACKUP_SMTP_TLS'), read.get('BACKUP_SMTP_ROOT_CERT')];
    return url && { ...named('mail'), url, tls, ...(rootCert && { rootCert }), from, to: namesIn(to) };
  },
  pagerduty(read) {
    const key = read.secret('BACKUP_PAGERDUTY_KEY');
    const api = read.get('BACKUP_PAGERDUTY_URL');
    return key && { ...named('pagerduty'), key, api };
  },
  opsgenie(read) {
    const key = read.secret('BACKUP_OPSGENIE_KEY');
    const api = read.get('BACKUP_OPSGENIE_URL');
    return key && { ...named('opsgenie'), key, api };
  },
};

function named<Kind extends Channel['kind']>(kind: Kind): { readonly kind: Kind; readonly name: string } {
  return { kind, name: kind };
}

/** A secret and what is of no use without it, and it without them. */
function secretWith(
  read: EnvironmentReader,
  name: SecretName,
  others: readonly VariableName[],
): SecretSource | undefined {
  const secret = read.secret(name);
  const isSet = secret !== undefined;
  for (const other of others) {
    if (isSet && !read.isSet(other)) read.problem(`${other} is not set, but ${name} is`);
    if (!isSet && read.isSet(other)) read.problem(`${other} is set, but none of ${secretNames(name).join(', ')} is`);
  }
  return secret;
}
