/** The only channel there was before several could be named: what an older pgvouch sent went there. */
export const FIRST_CHANNEL = 'webhook';

/** A kind of problem that was sent: when last, and when to each channel. */
export interface Sent {
  readonly at?: string | undefined;
  readonly to?: Readonly<Record<string, string>> | undefined;
}

/** When each channel last took it. */
export function sentTo({ at, to }: Sent): Readonly<Record<string, string>> {
  return to ?? (at === undefined ? {} : { [FIRST_CHANNEL]: at });
}

/** The channels that took anything of a trouble. */
export function heardBy({ heard, told }: { readonly heard?: string[] | undefined; readonly told: readonly Sent[] }) {
  return heard ?? [...new Set(told.flatMap((one) => Object.keys(sentTo(one))))];
}
