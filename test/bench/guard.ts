// `npm run bench:guard`: a short measurement that fails on gross regressions only, measured as ratios within one run.

import { type Outcome, runRounds } from './measure/rounds.ts';
import { type Contender, LIMIT, oursTo, pgDumpAlone } from './place/contenders.ts';
import { makeDatabase } from './place/database.ts';
import { type DumpPlace, openDumpPlace } from './place/place.ts';
import { mb, ratio } from './report/table.ts';

const SIZE_BYTES = 200e6;
/** Beside the first one, which warms the caches. */
const ROUNDS = 1;
/** On a quiet machine both are well below; see docs/performance.md. */
const MOST_TO_LIMIT = 1.5;
const MOST_NODE_BYTES = 192e6;

const tell = (line: string) => void process.stderr.write(`${line}\n`);
const place = await openDumpPlace(['dump']);
try {
  const database = await makeDatabase(place.postgres, place.psql, 'guard', SIZE_BYTES);
  const contenders = [
    pgDumpAlone(place, database.name),
    ours(place, 'ours', database.name),
    // So little data as half a minute allows would be judged by how long Node takes to start.
    ours(place, 'ours, of nothing', 'postgres'),
  ];
  const options = { rounds: ROUNDS, base: LIMIT, onRun: tell, patienceMs: 2_000, afterEach: async () => {} };
  let passed = false;
  // Again before it is called a regression: the machine may have been busy with something else.
  for (let attempt = 1; attempt <= 3 && !passed; attempt++) {
    const [limit, whole, nothing] = await runRounds(contenders, options);
    const toLimit = (best(whole) - best(nothing)) / best(limit);
    const nodeBytes = whole?.programs.node?.peakRssBytes ?? Number.NaN;
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

function ours(where: DumpPlace, name: string, database: string): Contender {
  return { name, title: 'pgvouch', command: () => oursTo(where, where.sink, database) };
}

/** What is slow by itself is slow in all rounds. */
function best(outcome: Outcome | undefined): number {
  return Math.min(...(outcome?.wallS ?? []));
}
