// One invocation of a bundled function in a process of its own: `invoke.mjs handler.mjs '{"time": …}'`. What it did and
// used goes to stdout as the last line, as JSON.
import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const [handlerFile, event] = process.argv.slice(2);
const { handler } = await import(handlerFile);
const initMs = performance.now();
const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();
const endsAt = Date.now() + 6 * 3_600_000;
const answer = await handler(JSON.parse(event), {
  awsRequestId: 'bench',
  getRemainingTimeInMillis: () => endsAt - Date.now(),
});
delay.disable();
const { userCPUTime, systemCPUTime } = process.resourceUsage();
// Linux counts in maxRSS what whoever started it had.
const [, peakKb] = /^VmHWM:\s*(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
console.log(
  JSON.stringify({
    answer,
    initMs,
    handlerMs: performance.now() - initMs,
    cpuS: (userCPUTime + systemCPUTime) / 1e6,
    peakRssBytes: Number(peakKb) * 1024,
    longestStallMs: delay.max / 1e6,
  }),
);
process.exit();
