import { expect, test, vi } from 'vitest';
import { turnsOf } from '../../../events/host/found.ts';
import { type HostedFunction, openInvoker } from '../../../events/host/invoker.ts';

test('what a success leads to is accepted before its own event has ended', async () => {
  const after: string[] = [];
  const { invoke, close } = openInvoker({
    functions: new Map<string, HostedFunction>([
      [
        'find',
        {
          ...{ name: 'find', maximumRetryAttempts: 0, onFailure: undefined },
          leadsTo: (answer) => (answer as string[]).map((event) => ({ key: 'dump', event })),
        },
      ],
      ['dump', { name: 'dump', maximumRetryAttempts: 0, onFailure: undefined, atOnce: 1 }],
    ]),
    journal: {
      accept(key, event) {
        after.push(`accept ${key} ${event}`);
        return { ...{ key, event, attempts: 0 }, began: () => {}, ended: () => void after.push(`end ${key} ${event}`) };
      },
    },
    run: async ({ key }) => ({ answer: key === 'find' ? ['shop', 'crm'] : null }),
    onNext: (key, event) => after.push(`next ${key} ${event}`),
    ...{ retryDelaysMs: [0], onFailedTry: () => {}, onLost: () => {} },
  });
  await invoke('find', 'all');
  await vi.waitFor(() => expect(after).toHaveLength(8));
  await close(0);
  expect(after.slice(0, 6)).toEqual([
    ...['accept find all', 'accept dump shop', 'next dump shop', 'accept dump crm', 'next dump crm', 'end find all'],
  ]);
  expect(after.slice(6)).toEqual(['end dump shop', 'end dump crm']);
});

test('the answer of find leads to a dump of each database, in its order, named by its firing', () => {
  const found = { firedAt: '2026-11-22T02:00:00.000Z', databases: ['shop', 'crm'], came: [], went: [] };
  expect(turnsOf('find', 2).leadsTo?.(found)).toMatchObject([
    { key: 'dump', event: { source: 'aws.events', time: '2026-11-22T02:00:00Z', detail: { database: 'shop' } } },
    { key: 'dump', event: { time: '2026-11-22T02:00:00Z', detail: { database: 'crm' } } },
  ]);
  expect([turnsOf('dump', 2), turnsOf('verify', 2)]).toEqual([{ atOnce: 2 }, {}]);
});
