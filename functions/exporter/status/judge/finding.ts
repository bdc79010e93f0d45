/** Something that a person should know, and what can be done about it. */
export interface Finding {
  /** A note alarms nobody. */
  readonly level: 'note' | 'attention' | 'trouble';
  /** Two or three words for a list, where the newest backup's own state does not tell it. */
  readonly short?: string;
  /** One sentence. */
  readonly text: string;
  /** What was said by whoever found it out, as it was said. */
  readonly detail?: string;
  readonly hint: string | undefined;
}
