// How long a function's code takes to load in a process of its own: `load.mjs handler.mjs`. Like invoke.mjs, without a call.
const [, , file] = process.argv;
const startedAt = performance.now();
await import(file);
const loadMs = performance.now() - startedAt;
const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
console.log(JSON.stringify({ loadMs, cpuS: (userCPUTime + systemCPUTime) / 1e6, peakRssBytes: maxRSS * 1024 }));
process.exit();
