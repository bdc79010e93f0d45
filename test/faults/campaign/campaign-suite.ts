import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Injection, runCampaign } from './campaign.ts';
import { describeInjection, publish } from './figures.ts';
import { COURSES } from './lanes.ts';

/** The campaign as a test file: it runs once, and then each fault is a test. `FAULT_LANES=bucket,function` runs only these. */
export function campaignSuite(form: 'short' | 'long', timeoutMs: number): void {
  const only = process.env.FAULT_LANES?.split(',');
  const courses = COURSES[form].map((lanes) => lanes.filter(({ name }) => only?.includes(name) ?? true));
  const injections: Injection[] = [];
  const startedAt = performance.now();

  beforeAll(async () => {
    await runCampaign({
      ...{ courses, form },
      onInjection(one) {
        injections.push(one);
        if (form === 'long') process.stdout.write(`${injections.length} ${describeInjection(one)}\n`);
      },
    });
  }, timeoutMs);

  // Also if the campaign broke off: what was seen until then tells why.
  afterAll(() => {
    process.stdout.write(`\n${publish(form, injections, performance.now() - startedAt)}\n\n`);
  });

  const faults = courses.flat().flatMap(({ name, faults }) =>
    faults.map((fault) => ({
      lane: name,
      fault: fault.name,
      points: form === 'short' ? fault.shortPoints : fault.points,
    })),
  );

  test.each(faults.filter(({ points }) => points.length > 0))('$lane: $fault', ({ lane, fault, points }) => {
    const own = injections.filter((one) => one.lane === lane && one.fault === fault);
    expect(own.map(({ point, struck }) => ({ point, struck }))).toEqual(
      points.map((point) => ({ point, struck: true })),
    );
    expect(own.filter(({ falseAlarms }) => falseAlarms > 0).map(({ point }) => point)).toEqual([]);
    expect(own.flatMap(({ point, violations }) => violations.map((one) => ({ point, ...one })))).toEqual([]);
  });
}
