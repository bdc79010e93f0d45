import * as z from 'zod';
import { VERDICTS } from './verdict.ts';

export const provedSchema = z.object({
  database: z.string(),
  firedAt: z.iso.datetime(),
  verdict: z.enum(VERDICTS),
});

/** What verify answers of each backup that it found good: little, for it travels in an event. */
export type Proved = z.infer<typeof provedSchema>;
