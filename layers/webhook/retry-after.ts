/**
 * How long the other side asks to wait after 429, in milliseconds; undefined if it does not say so in seconds. Pure.
 *
 * @param header - `Retry-After`
 * @param body - Telegram and Discord say it there
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 * @see https://core.telegram.org/bots/api#responseparameters
 * @see https://docs.discord.com/developers/topics/rate-limits
 */
export function askedWaitMs(header: string | null, body: string): number | undefined {
  const seconds = header !== null && /^\d+(\.\d+)?$/.test(header) ? Number(header) : secondsIn(body);
  return seconds === undefined ? undefined : Math.ceil(seconds * 1_000);
}

function secondsIn(body: string): number | undefined {
  try {
    const { parameters, retry_after = parameters?.retry_after } = JSON.parse(body);
    return typeof retry_after === 'number' && retry_after >= 0 ? retry_after : undefined;
  } catch {
    return undefined;
  }
}
