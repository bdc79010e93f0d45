import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { openVault, type Vault } from '../../../layers/vault/vault.ts';
import { type StoreProxy, startStoreProxy, through } from '../../support/servers/store-proxy.ts';
import { freshVault } from '../../support/world/world-vault.ts';

let proxy: StoreProxy;
let vault: Vault;
const text = Array.from({ length: 50_000 }, (_, line) => `line ${line}\n`).join('');
const gets = () => proxy.requests.filter(({ method }) => method === 'GET');

beforeAll(async () => {
  proxy = await startStoreProxy(inject('s3').endpoint);
  const { config } = await freshVault();
  vault = openVault({ ...config, ...through(proxy, config), answerMs: 2_000 });
  await vault.put('pgvouch/a.json', text);
});
beforeEach(() => {
  proxy.rule = () => 'pass';
});
afterAll(() => proxy.end());

async function read(change: () => Promise<void> = async () => {}): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of (await vault.getBytes('pgvouch/a.json')) ?? []) {
    if (chunks.length === 0) await change();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

test('a connection that breaks is taken up where it was, once or again and again', async () => {
  const before = gets().length;
  let asked = 0;
  proxy.rule = ({ method }) => (method === 'GET' && asked++ < 3 ? 'cut halfway' : 'pass');
  expect(await read()).toBe(text);
  const [first, ...others] = gets().slice(before);
  expect(first?.headers.range).toBeUndefined();
  expect(others).toHaveLength(3);
  for (const { headers } of others) {
    expect(headers.range).toMatch(/^bytes=[1-9]\d*-$/);
    expect(headers['if-match']).toBeDefined();
  }
});

test('of another object it is not the rest', async () => {
  let asked = 0;
  proxy.rule = ({ method }) => (method === 'GET' && asked++ === 0 ? 'cut halfway' : 'pass');
  await expect(read(() => vault.put('pgvouch/a.json', text.toUpperCase()))).rejects.toMatchObject({
    name: 'VaultError',
    problem: 'the connection broke, and the store does not give the rest of the same object',
  });
  await vault.put('pgvouch/a.json', text);
});
