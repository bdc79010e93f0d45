import type { Deadline } from '../deadline/deadline.ts';

export interface WalRequest {
  readonly slot: string;
  /** `cadence` ends when it has all that the server had at its beginning; `follow` stays for as long as it may. */
  readonly mode: 'cadence' | 'follow';
  /** How often `follow` stores the segment under way. */
  readonly partialEveryMs: number;
  /** How far back, in days of 24 h, every moment is to be recovered: retention goes by it. */
  readonly windowDays: number;
  readonly deadline: Deadline;
}
