import * as z from 'zod';
import { isListed } from '../backup/database-patterns.ts';

/** As {@link SecretSource} has it. */
const secretSchema = z.union([
  z.strictObject({ name: z.string(), value: z.string() }),
  z.strictObject({ name: z.string(), arn: z.string() }),
  z.strictObject({ name: z.string(), file: z.string() }),
]);

const common = {
  /** By which the records of troubles know it. */
  name: z.string().min(1),
  /** Names and patterns of those whose messages it takes; all, if there is no list. */
  databases: z.array(z.string().min(1)).min(1).optional(),
};

/** A place that messages go to: a kind of service, and what that needs. Pure. */
export const channelSchema = z.discriminatedUnion('kind', [
  /** Slack and what takes the same, or with `json` any program. */
  z.strictObject({ ...common, kind: z.literal('webhook'), url: secretSchema, format: z.enum(['text', 'json']) }),
  z.strictObject({ ...common, kind: z.literal('discord'), url: secretSchema }),
  /** By a webhook of Workflows. */
  z.strictObject({ ...common, kind: z.literal('teams'), url: secretSchema }),
  z.strictObject({ ...common, kind: z.literal('telegram'), token: secretSchema, chat: z.string(), api: z.url() }),
  z.strictObject({
    ...common,
    kind: z.literal('mail'),
    /** Of the server, with user and password. */
    url: secretSchema,
    tls: z.enum(['required', 'off']),
    rootCert: z.string().optional(),
    from: z.string(),
    to: z.array(z.string()).min(1),
  }),
  z.strictObject({ ...common, kind: z.literal('pagerduty'), key: secretSchema, api: z.url() }),
  z.strictObject({ ...common, kind: z.literal('opsgenie'), key: secretSchema, api: z.url() }),
]);

export type Channel = z.infer<typeof channelSchema>;

/** By which `BACKUP_NOTIFY_DATABASES` names them. */
export const CHANNEL_KINDS = ['webhook', 'discord', 'teams', 'telegram', 'mail', 'pagerduty', 'opsgenie'] as const;

/** The channels that take messages about a database. What is about none may be about any: it goes to all of them. */
export function channelsFor(channels: readonly Channel[], database: string | undefined): readonly Channel[] {
  return channels.filter(
    ({ databases }) => database === undefined || databases === undefined || isListed(databases, database),
  );
}
