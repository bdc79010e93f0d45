import { type Deadline, startDeadline } from '../../../layers/deadline/deadline.ts';

const SHORT_MS = 4_000;

/**
 * A deadline far away, which comes near when a fault is there: however slow the machine is, the fault comes first, and
 * what it makes hang does not hang for long.
 */
export function shorteningDeadline(): { readonly deadline: Deadline; readonly shorten: () => void } {
  const controller = new AbortController();
  let short: Deadline | undefined;
  return {
    deadline: { signal: controller.signal, remainingMs: 100_000, usedMs: () => 0, clear: () => short?.clear() },
    shorten() {
      short ??= startDeadline({ getRemainingTimeInMillis: () => SHORT_MS }, 'dump');
      const { signal } = short;
      signal.addEventListener('abort', () => controller.abort(signal.reason), { once: true });
    },
  };
}
