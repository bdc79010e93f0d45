// `npm run bench:guard`: a short measurement that fails on gross regressions only, measured as ratios within one run.

import { runRounds } from './measure/rounds.ts';
import { run } from './measure/run.ts';
import { LIMIT, oursTo, pgDumpAlone } from './place/contenders.ts';
import { makeDatabase } from './place/database.ts';
import { openDumpPlace } from './place/place.ts';
import { mb, ratio } from './report/table.ts';

/** Enough for what a dump costs at its start to weigh little. */
const SIZE_BYTES = 600e6;
/** On a quiet machine both are well below; see docs/performance.md. */
const MOST_TO_LIMIT = 1.5;
const MOST_NODE_BYTES = 192e6;

const tell = (line: string) => void process.stderr.write(`${line}\n`);
const place = await openDumpPlace(['dump']);
try {
  const database = await makeDatabase(place.postgres, place.psql, 'guard', SIZE_BYTES);
  const contendersOn = (name: string) => [
    pgDumpAlone(place, name),
    { name: 'ours', title: 'pgvouch', command: () => oursTo(place, place.sink, name) },
  ];
  // The rows were written a moment ago: what has to be warm is the programs.
  for (const { command } of contendersOn('postgres')) await run(command());
  const contenders = contendersOn(database.name);
  const options = { base: LIMIT, onRun: tell, patienceMs: 10_000, warmUp: false, afterEach: async () => {} };
  let passed = false;
  // Again, and longer, before it is called a regression: the machine may have been busy with something else.
  for (let attempt = 1; attempt <= 3 && !passed; attempt++) {
    const [limit, ours] = await runRounds(contenders, { ...options, rounds: attempt });
    // The best of the rounds: what is slow by itself is slow in all of them.
    const toLimit = Math.min(...(ours?.wallS ?? []).map((wallS, round) => wallS / (limit?.wallS[round] ?? Number.NaN)));
    const nodeBytes = ours?.programs.node?.peakRssBytes ?? Number.NaN;
    tell(
      `dump: ${ratio(toLimit)} times pg_dump alone (at most ${MOST_TO_LIMIT}), ${mb(nodeBytes)} MB (at most ${mb(MOST_NODE_BYTES)})`,
    );
    passed = toLimit <= MOST_TO_LIMIT && nodeBytes <= MOST_NODE_BYTES;
  }
  if (!passed) {
    tell('That is a regression: npm run bench -- --what dump shows it whole.');
    process.exitCode = 1;
  }
} finally {
  await place.end();
}
