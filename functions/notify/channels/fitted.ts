import type { Notification } from '../../../layers/backup/notification.ts';
import { shorten } from '../../../layers/words/texts.ts';
import { plainMessage } from './message.ts';

/** Characters of each long part, tried one after the other. */
const LONGEST_PART = [1_500, 1_000, 600, 300, 150, 60];

/**
 * The message in a channel's own form, with as much of the problem as the channel takes.
 *
 * @param render - makes the channel's form of plain text, and escapes what it must
 * @param longest - the most that the channel takes, in the units of `size`
 */
export function fitted(
  told: Notification,
  render: (text: string) => string,
  longest: number,
  size = (text: string) => text.length,
): string {
  for (const part of LONGEST_PART) {
    const rendered = render(plainMessage(told, part));
    if (size(rendered) <= longest) return rendered;
  }
  // Names or links alone are too long.
  const text = plainMessage(told, 60);
  let characters = Math.min(longest, text.length);
  let rendered = render(shorten(text, characters));
  while (size(rendered) > longest && characters > 1) {
    characters = Math.floor(characters / 2);
    rendered = render(shorten(text, characters));
  }
  return rendered;
}
