import type { Base } from '../../layers/wal/base.ts';

/** What a run of base came to. */
export type BaseAnswer =
  | ({ readonly outcome: 'stored' } & Base)
  /** Another delivery of the same firing was first. */
  | ({ readonly outcome: 'there' } & Base)
  /** An increment was due, and the server makes none: the full ones go on. */
  | { readonly outcome: 'skipped'; readonly systemIdentifier: string; readonly why: string };
