import * as z from 'zod';

/** What the services document that they take, written from their pages, and strict: an unknown field is a mistake of ours. */

/** @see https://docs.discord.com/developers/resources/webhook#execute-webhook and message#allowed-mentions-object */
export const discordForm = z.strictObject({
  content: z.string().min(1).max(2_000),
  allowed_mentions: z.strictObject({ parse: z.array(z.enum(['roles', 'users', 'everyone'])).length(0) }),
  /** Of the flags a webhook may set SUPPRESS_EMBEDS (4) and SUPPRESS_NOTIFICATIONS (4096). */
  flags: z.literal([0, 4, 4096, 4100]).optional(),
});

/** @see https://core.telegram.org/bots/api#sendmessage */
export const telegramForm = z.strictObject({
  chat_id: z.union([z.int(), z.string().regex(/^(-?\d+|@\w+)$/)]),
  text: z.string().min(1).max(4_096),
  parse_mode: z.enum(['MarkdownV2', 'HTML', 'Markdown']).optional(),
  link_preview_options: z.strictObject({ is_disabled: z.boolean().optional() }).optional(),
});

const textRun = z.strictObject({
  type: z.literal('TextRun'),
  text: z.string(),
  weight: z.enum(['Lighter', 'Default', 'Bolder']).optional(),
  color: z.enum(['Default', 'Dark', 'Light', 'Accent', 'Good', 'Warning', 'Attention']).optional(),
});
const adaptiveCard = z.strictObject({
  $schema: z.literal('http://adaptivecards.io/schemas/adaptive-card.json'),
  type: z.literal('AdaptiveCard'),
  version: z.enum(['1.2', '1.3', '1.4', '1.5']),
  body: z
    .array(
      z.strictObject({
        type: z.literal('RichTextBlock'),
        inlines: z.array(textRun).min(1),
        spacing: z.enum(['Default', 'None', 'Small', 'Medium', 'Large', 'ExtraLarge', 'Padding']).optional(),
      }),
    )
    .min(1),
  actions: z
    .array(z.strictObject({ type: z.literal('Action.OpenUrl'), title: z.string(), url: z.url() }))
    .min(1)
    .max(6)
    .optional(),
  msteams: z.strictObject({ width: z.literal('Full') }).optional(),
});

/**
 * 28 KB at the most, which a test measures.
 *
 * @see https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
 * @see https://adaptivecards.io/explorer/AdaptiveCard.html, RichTextBlock.html, TextRun.html and Action.OpenUrl.html
 */
export const teamsForm = z.strictObject({
  type: z.literal('message'),
  attachments: z
    .array(
      z.strictObject({
        contentType: z.literal('application/vnd.microsoft.card.adaptive'),
        contentUrl: z.null(),
        content: adaptiveCard,
      }),
    )
    .length(1),
});

const pagerdutyEvent = { routing_key: z.string().length(32), dedup_key: z.string().min(1).max(255) };

/** @see https://developer.pagerduty.com/docs/send-alert-event */
export const pagerdutyForm = z.discriminatedUnion('event_action', [
  z.strictObject({
    ...pagerdutyEvent,
    event_action: z.literal('trigger'),
    client: z.string().optional(),
    payload: z.strictObject({
      summary: z.string().min(1).max(1_024),
      source: z.string().min(1),
      severity: z.enum(['critical', 'error', 'warning', 'info']),
      timestamp: z.iso.datetime().optional(),
      component: z.string().optional(),
      class: z.string().optional(),
      custom_details: z.record(z.string(), z.unknown()).optional(),
    }),
    links: z.array(z.strictObject({ href: z.url(), text: z.string() })).optional(),
  }),
  z.strictObject({ ...pagerdutyEvent, event_action: z.literal('resolve') }),
]);

/** @see https://docs.opsgenie.com/docs/alert-api#create-alert */
export const opsgenieCreateForm = z.strictObject({
  message: z.string().min(1).max(130),
  alias: z.string().max(512),
  description: z.string().max(15_000),
  tags: z.array(z.string().max(50)).max(20),
  entity: z.string().max(512).optional(),
  source: z.string().max(100),
  priority: z.enum(['P1', 'P2', 'P3', 'P4', 'P5']),
});

/** @see https://docs.opsgenie.com/docs/alert-api#close-alert */
export const opsgenieCloseForm = z.strictObject({ source: z.string().max(100), note: z.string().max(25_000) });
