// How long a function's code takes to load in a process of its own: `load.mjs handler.mjs`. Like invoke.mjs, without a call.
import { readFileSync } from 'node:fs';

const [, , file] = process.argv;
const startedAt = performance.now();
await import(file);
const loadMs = performance.now() - startedAt;
const { userCPUTime, systemCPUTime } = process.resourceUsage();
const [, peakKb] = /^VmHWM:\s*(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
console.log(JSON.stringify({ loadMs, cpuS: (userCPUTime + systemCPUTime) / 1e6, peakRssBytes: Number(peakKb) * 1024 }));
process.exit();
