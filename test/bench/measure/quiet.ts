import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** Of all cores together. */
const IDLE_SHARE = 0.9;
const LOOK_MS = 1_000;

/**
 * Waits until nobody else uses the machine, for what runs beside a measurement is measured with it.
 *
 * @param patienceMs - how long at most
 * @returns whether it became quiet
 * @see proc(5), /proc/stat: the fourth number is idle time, the fifth waits for disks
 */
export async function untilQuiet(patienceMs: number): Promise<boolean> {
  const givesUpAt = performance.now() + patienceMs;
  let before = processorTimes();
  do {
    await delay(LOOK_MS);
    const now = processorTimes();
    if ((now.idle - before.idle) / (now.all - before.all) >= IDLE_SHARE) return true;
    before = now;
  } while (performance.now() < givesUpAt);
  return false;
}

function processorTimes(): { readonly idle: number; readonly all: number } {
  const times = (/^cpu +(.*)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1] ?? '').split(' ').map(Number);
  const [, , , idle = 0] = times;
  return { idle, all: times.reduce((sum, one) => sum + one, 0) };
}
