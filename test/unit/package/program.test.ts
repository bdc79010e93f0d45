import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

test('a Node.js that is too old is named, with the oldest that is not', async () => {
  const older = "Object.defineProperty(process.versions, 'node', { value: '22.14.0' })";
  const args = ['--import', `data:text/javascript,${older}`, 'deploy/package/pgvouch.mjs', 'list'];

  await expect(promisify(execFile)(process.execPath, args)).rejects.toMatchObject({
    code: 2,
    stderr: 'pgvouch: Node.js 22.14.0 is too old\nHint: it needs 22.15 or newer\n',
  });
});
