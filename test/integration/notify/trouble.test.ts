import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type FunctionEnded, parseFunctionEnded } from '../../../events/function-ended.ts';
import { notify } from '../../../functions/notify/notify.ts';
import { parseTrouble } from '../../../layers/backup/trouble.ts';
import { readTagged, replaceTagged } from '../../../layers/vault/replace.ts';
import { openVault, type Vault } from '../../../layers/vault/vault.ts';
import { closedPort, type WebhookServer, webhookServer } from '../../support/servers/webhook-server.ts';
import { notifyDeps } from '../../support/world/notify-deps.ts';
import { freshVault, freshVaultConfig, keysOf } from '../../support/world/world-vault.ts';

const BEGIN = Date.parse('2026-11-22T04:00:00Z');
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const key = 'pgvouch/shop/failures/trouble-dump.json';

function sample(name: string): Record<string, unknown> {
  return JSON.parse(readFileSync(new URL(`../../../events/samples/${name}.json`, import.meta.url), 'utf8'));
}

/** A record of Lambda's, so many milliseconds after the beginning. */
function ended(name: string, afterMs: number, changes: object = {}): FunctionEnded {
  const { requestContext, ...event } = sample(name) as { requestContext: object };
  return parseFunctionEnded({
    ...event,
    timestamp: new Date(BEGIN + afterMs).toISOString(),
    requestContext: { ...requestContext, requestId: `${name} ${afterMs}` },
    ...changes,
  });
}

const fails = (afterMs: number, changes?: object) => ended('function-failed.dump', afterMs, changes);
const succeeds = (afterMs: number, changes?: object) => ended('function-succeeded.dump', afterMs, changes);

/** Notify in a vault of its own; its clock shows when the event came. */
function operator(vault: Vault, webhook: WebhookServer) {
  const lines: string[] = [];
  return {
    lines,
    async hears(event: FunctionEnded) {
      if (event.outcome === 'told') throw new Error('nobody hears what was told');
      const now = event.outcome === 'failed' ? event.failed.at : event.succeeded.at;
      const { deps, lines: said } = notifyDeps(vault, {
        ...{ webhookUrl: webhook.url, databases: ['shop', 'crm'] },
        clock: () => now,
      });
      await notify(deps, event).finally(() => lines.push(...said));
    },
    /** The first lines of what people were told. */
    told: () => webhook.posts.map(({ body }) => (JSON.parse(body) as { text: string }).text.split('\n')[0]),
    texts: () => webhook.posts.map(({ body }) => (JSON.parse(body) as { text: string }).text),
  };
}

async function operatorWith(...answers: (number | 'hang')[]) {
  const { vault } = await freshVault();
  return { vault, ...operator(vault, await webhookServer(...answers)) };
}

async function troubleIn(vault: Vault) {
  return parseTrouble((await vault.getText(key)) ?? '', key);
}

const FAILURE = '[BACKUP FAILURE] shop: dump failed after 3 attempts (DumpError)';

test('a flood of 50 failures gives one message, the next day another, and then that it is over', async () => {
  const { vault, hears, told, texts } = await operatorWith(200);
  for (let minute = 0; minute < 50; minute++) await hears(fails(minute * MINUTE_MS));
  expect(told()).toEqual([FAILURE]);
  expect((await keysOf(vault)).filter((one) => one !== key)).toHaveLength(50);

  await hears(fails(DAY_MS));
  expect(told()).toEqual([FAILURE, FAILURE]);
  expect(texts()[1]).toContain('Failing since 2026-11-22T04:00:00.000Z: 51 times in 1 d');

  await hears(succeeds(DAY_MS + 90 * MINUTE_MS));
  await hears(succeeds(DAY_MS + 91 * MINUTE_MS));
  expect(told().slice(2)).toEqual(['[BACKUP RESOLVED] shop: dump works again after 1 d 1 h']);
  expect(texts()[2]).toContain('It had failed 51 times since 2026-11-22T04:00:00.000Z. The last error (DumpError):');
  expect(await troubleIn(vault)).toMatchObject({ count: 51, resolvedAt: '2026-11-23T05:30:00.000Z' });
});

test('twenty failures at the same time give one message too, and each is counted', async () => {
  const { vault, hears, told } = await operatorWith(200);
  const now = Date.now() - BEGIN;
  await Promise.all(Array.from({ length: 20 }, (_, i) => hears(fails(now + i))));
  expect(told()).toEqual([FAILURE]);
  expect(await troubleIn(vault)).toMatchObject({ count: 20, told: [{ kind: expect.stringMatching(/^DumpError: /) }] });

  await Promise.all([hears(succeeds(now + 1_000)), hears(succeeds(now + 1_001))]);
  expect(told().slice(1)).toEqual(['[BACKUP RESOLVED] shop: dump works again after 1 s']);
});

test('the same failure delivered ten times at once gives one message', async () => {
  const { vault, hears, told } = await operatorWith(200);
  const now = Date.now() - BEGIN;
  await Promise.all(Array.from({ length: 10 }, () => hears(fails(now))));
  expect(told()).toEqual([FAILURE]);
  expect(await troubleIn(vault)).toMatchObject({ count: 1 });
  await Promise.all(Array.from({ length: 10 }, () => hears(succeeds(now + 1_000))));
  expect(told().slice(1)).toEqual(['[BACKUP RESOLVED] shop: dump works again after 1 s']);
});

test('a redelivery tells nothing again, also when it comes after the end', async () => {
  const { hears, told } = await operatorWith(200);
  await hears(fails(0));
  await hears(fails(0));
  await hears(succeeds(1_000));
  await hears(succeeds(1_000));
  await hears(fails(0));
  expect(told()).toEqual([FAILURE, '[BACKUP RESOLVED] shop: dump works again after 1 s']);
});

test('what the webhook did not take the next one tells', async () => {
  const { vault, hears, told, lines } = await operatorWith(404, 200, 404, 200);
  await hears(fails(0));
  expect(await troubleIn(vault)).toMatchObject({ told: [{ kind: expect.stringMatching(/^DumpError: /) }] });
  await hears(fails(1_000));
  await hears(succeeds(2_000));
  await hears(succeeds(3_000));
  const over = '[BACKUP RESOLVED] shop: dump works again after';
  expect(told()).toEqual([FAILURE, FAILURE, `${over} 2 s`, `${over} 3 s`]);
  expect(lines.join('')).toContain('webhook not notified');
});

describe('troubles are told apart', () => {
  test('by database, by function, by kind of problem', async () => {
    const { hears, told } = await operatorWith(200);
    const config = { responsePayload: { errorType: 'ConfigError', errorMessage: 'read configuration: no' } };
    await hears(fails(0));
    await hears(fails(1_000, { requestPayload: { database: 'crm' } }));
    await hears(fails(2_000, config));
    const requestPayload = { database: 'shop two', firedAt: '2026-11-22T02-00-00Z' };
    await hears(ended('function-failed.verify', 3_000, { requestPayload }));
    await hears(fails(4_000, config));
    expect(told()).toEqual([
      FAILURE,
      '[BACKUP FAILURE] crm: dump failed after 3 attempts (DumpError)',
      '[BACKUP FAILURE] shop: dump failed after 3 attempts (ConfigError)',
      '[BACKUP FAILURE] shop two: verify failed after 3 attempts (VaultError)',
    ]);
    await hears(succeeds(5_000));
    expect(told().slice(4)).toEqual(['[BACKUP RESOLVED] shop: dump works again after 5 s']);
  });

  test("verify's ends with a good verdict on that backup or a newer one", async () => {
    const { hears, told } = await operatorWith(200);
    const bad = (firedAt: string) => ({
      requestPayload: { database: 'shop', firedAt },
      responsePayload: { errorType: 'VaultError', errorMessage: `verify "shop", backup ${firedAt}: corrupt: differs` },
    });
    const proves = (afterMs: number, firedAt: string) =>
      ended('function-succeeded.verify', afterMs, {
        responsePayload: [{ database: 'shop', firedAt, verdict: 'readable' }],
      });
    await hears(ended('function-failed.verify', 0, bad('2026-11-22T02-00-00Z')));
    await hears(proves(1_000, '2026-11-21T02:00:00.000Z'));
    expect(told()).toHaveLength(1);
    await hears(proves(2_000, '2026-11-23T02:00:00.000Z'));
    expect(told().slice(1)).toEqual(['[BACKUP RESOLVED] shop: verify works again after 2 s']);
  });
});

test('a success without a trouble costs one request and writes nothing', async () => {
  const { vault, hears, told } = await operatorWith(200);
  const requests: string[] = [];
  const count = (commandName: string | undefined) => void requests.push(`${commandName}`);
  vault.client.s3.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        count(commandName);
        return next(args);
      },
    { step: 'initialize', name: 'count' },
  );
  await hears(succeeds(0));
  expect(requests).toEqual(['GetObjectCommand']);
  expect(await keysOf(vault)).toEqual([]);
  expect(told()).toEqual([]);
});

describe('the document of a trouble', () => {
  test('damaged: people are told, and it is written anew', async () => {
    const { vault, hears, told } = await operatorWith(200);
    await vault.put(key, 'not ours');
    await hears(fails(0));
    expect(told()).toEqual([FAILURE]);
    expect(await troubleIn(vault)).toMatchObject({ count: 1 });
  });

  test('of a newer pgvouch: people are told, and it stays', async () => {
    const { vault, hears, told, lines } = await operatorWith(200);
    const newer = JSON.stringify({ format: 'pgvouch/trouble', formatVersion: 2 });
    await vault.put(key, newer);
    await hears(fails(0));
    expect(told()).toEqual([FAILURE]);
    expect(lines.join('')).toContain('a newer pgvouch wrote it');
    expect(await vault.getText(key)).toBe(newer);
  });

  test('is never overwritten by who read an older one', async () => {
    const { vault, hears } = await operatorWith(200);
    await hears(fails(0));
    const signal = AbortSignal.timeout(60_000);
    const older = await readTagged(vault, key, signal);
    await hears(fails(1_000));
    expect(await replaceTagged(vault, key, '{}', older, signal)).toBe(false);
    expect(await replaceTagged(vault, key, '{}', undefined, signal)).toBe(false);
    expect(await troubleIn(vault)).toMatchObject({ count: 2 });

    const newest = await readTagged(vault, key, signal);
    expect(await replaceTagged(vault, key, '{}', newest, signal)).toBe(true);
    expect(await vault.getText(key)).toBe('{}');
  });
});

test('a vault that is down when a function succeeds is thrown: the platform tries again', async () => {
  const server = { endpoint: `http://127.0.0.1:${await closedPort()}`, accessKeyId: 'a', secretAccessKey: 's' };
  const { hears } = operator(openVault({ ...freshVaultConfig(), server }), await webhookServer(200));
  await expect(hears(succeeds(0))).rejects.toMatchObject({ name: 'VaultError', subject: key });
});
