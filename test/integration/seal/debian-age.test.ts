import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { openIdentities } from '../../../layers/seal/identities.ts';
import { CHUNK_BYTES } from '../../../layers/seal/payload.ts';
import { openRecipients } from '../../../layers/seal/recipients.ts';
import { sealBytes, sealFilled } from '../../../layers/seal/seal.ts';
import { unsealBytes } from '../../../layers/seal/unseal.ts';
import { runFolder } from '../../support/run/run-folder.ts';
import { debianAge } from '../../support/servers/debian-age.ts';
import { filling } from '../../support/world/filling.ts';

let age: Awaited<ReturnType<typeof debianAge>>;
let folder: string;
let recipients: string[];

/** Around the ends of chunks, and of the blocks in which they are read. */
const SIZES = [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 16 * CHUNK_BYTES, 16 * CHUNK_BYTES + 1, 3_500_000];

beforeAll(async () => {
  age = await debianAge();
  folder = runFolder('age');
  recipients = [await age.newKey(path.join(folder, 'one')), await age.newKey(path.join(folder, 'two'))];
});

test('Debian’s age opens what is sealed, with the identity of any of its recipients', async () => {
  const to = openRecipients(recipients);
  for (const size of SIZES) {
    const bytes = randomBytes(size);
    const streamed: Buffer[] = [];
    for await (const piece of sealFilled(filling(bytes), await to.begin())) streamed.push(Buffer.from(piece));
    const sealed = { whole: sealBytes(bytes, await to.begin()), streamed: Buffer.concat(streamed) };
    for (const [way, content] of Object.entries(sealed)) {
      const file = path.join(folder, `${way}-${size}.age`);
      await writeFile(file, content);
      for (const identity of ['one', 'two']) {
        const opened = `${file}.${identity}`;
        await age.decrypt(path.join(folder, identity), file, opened);
        expect(bytes.equals(await readFile(opened)), `${way} ${size}`).toBe(true);
      }
    }
  }
});

test('what Debian’s age sealed is opened', async () => {
  const identities = openIdentities(() => readFile(path.join(folder, 'two'), 'utf8'));
  for (const size of SIZES) {
    const bytes = randomBytes(size);
    const file = path.join(folder, `plain-${size}`);
    await writeFile(file, bytes);
    await age.encrypt(recipients, file, `${file}.age`);
    const opened = await unsealBytes(await readFile(`${file}.age`), identities, 'it');
    expect(bytes.equals(opened), `${size}`).toBe(true);
  }
});

test('Debian’s age refuses what our own reader refuses: a file without its end', async () => {
  const whole = sealBytes(randomBytes(2 * CHUNK_BYTES), await openRecipients(recipients).begin());
  const file = path.join(folder, 'cut.age');
  await writeFile(file, whole.subarray(0, whole.length - CHUNK_BYTES - 16));
  await expect(age.decrypt(path.join(folder, 'one'), file, `${file}.out`)).rejects.toThrow();
  const identities = openIdentities(() => readFile(path.join(folder, 'one'), 'utf8'));
  await expect(unsealBytes(await readFile(file), identities, 'it')).rejects.toThrow('cut off');
});
