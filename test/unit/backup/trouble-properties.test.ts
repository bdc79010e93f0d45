import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseTrouble, REMIND_AFTER_MS } from '../../../layers/backup/trouble.ts';
import { failure, HOUR_MS, operator } from '../../support/world/told.ts';

test('however failures and successes come: first at once, then at most daily, resolved once for each that was told', () => {
  // All of them within the time after which a quiet trouble is forgotten.
  const happening = fc.oneof(
    fc.record({
      what: fc.constant('failure' as const),
      kind: fc.constantFrom('DumpError', 'ConfigError', 'VaultError'),
      minutes: fc.integer({ min: 1, max: 700 }),
      again: fc.boolean(),
    }),
    fc.record({ what: fc.constant('success' as const), minutes: fc.integer({ min: 1, max: 700 }) }),
    fc.record({ what: fc.constant('webhook' as const), up: fc.boolean(), minutes: fc.constant(0) }),
  );
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 60 }), (happenings) => {
      const one = operator();
      /** When each kind was told last, in the trouble that stands open; undefined where none does. */
      let open: Map<string, number> | undefined;
      let webhookUp = true;
      let at = 0;
      for (const now of happenings) {
        at += now.minutes / 60;
        const before = one.told.length;
        if (now.what === 'webhook') {
          webhookUp = now.up;
          one.webhook(now.up);
          continue;
        }
        if (now.what === 'failure') {
          open ??= new Map();
          const record = failure(at, { error: { type: now.kind, problem: 'x' } });
          one.fails(record);
          if (now.again) one.fails(record, false);
          const last = open.get(now.kind);
          const due = last === undefined || (at - last) * HOUR_MS >= REMIND_AFTER_MS - 1;
          expect(one.told.length - before).toBe(due && webhookUp ? 1 : 0);
          if (one.told.length > before) open.set(now.kind, at);
        } else {
          one.succeeds(at);
          const wasTold = open !== undefined && open.size > 0;
          expect(one.told.slice(before)).toEqual(wasTold && webhookUp ? ['resolved'] : []);
          if (!wasTold || webhookUp) open = undefined;
        }
      }
      const trouble = one.trouble();
      if (trouble) expect(parseTrouble(JSON.stringify(trouble), 'k')).toEqual(trouble);
    }),
    { numRuns: 500 },
  );
});
