import { mapBounded } from '../../layers/backup/map-bounded.ts';
import type { WalObject } from '../../layers/wal/holdings.ts';
import { segmentName } from '../../layers/wal/segments.ts';
import type { Decision as WalDecision } from '../../layers/wal/wal-retention.ts';
import { CONCURRENCY } from './apply-policy.ts';
import { decide, giveUp, type Run } from './run.ts';

/** Gives WAL up. There may be thousands of objects: those of one timeline that go for one reason are one decision. */
export async function removeWal(
  run: Run,
  { systemIdentifier, segmentSizeBytes }: { readonly systemIdentifier: string; readonly segmentSizeBytes: number },
  going: readonly WalDecision<WalObject>[],
): Promise<void> {
  const groups = new Map<string, { readonly reasons: readonly string[]; readonly objects: WalObject[] }>();
  for (const { what, reasons } of going) {
    const id = `${what.timeline} ${reasons.join()}`;
    const group = groups.get(id) ?? { reasons, objects: [] };
    groups.set(id, group);
    group.objects.push(what);
  }
  for (const { reasons, objects } of groups.values()) {
    const nameOf = (object: WalObject | undefined) =>
      object === undefined ? '' : segmentName(object.timeline, object.number, segmentSizeBytes);
    const wal = { objects: objects.length, from: nameOf(objects[0]), to: nameOf(objects.at(-1)) };
    decide(run, { systemIdentifier, wal, action: 'remove', reasons });
    await mapBounded(objects, CONCURRENCY, ({ key }) => giveUp(run, [key]));
  }
}
