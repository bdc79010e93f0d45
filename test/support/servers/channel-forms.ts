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
