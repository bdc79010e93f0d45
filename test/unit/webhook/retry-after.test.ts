import { expect, test } from 'vitest';
import { askedWaitMs } from '../../../layers/webhook/retry-after.ts';

test.each([
  ['2', '', 2_000],
  ['0.35', '', 350],
  [null, '{"ok":false,"error_code":429,"parameters":{"retry_after":7}}', 7_000],
  [null, '{"message":"You are being rate limited.","retry_after":0.5,"global":false}', 500],
  ['3', '{"retry_after":1}', 3_000],
  [null, '', undefined],
  [null, 'null', undefined],
  [null, '{"retry_after":-1}', undefined],
  ['Wed, 21 Oct 2026 07:28:00 GMT', '<html>', undefined],
])('Retry-After %s, body %s: %s ms', (header, body, ms) => {
  expect(askedWaitMs(header, body)).toBe(ms);
});
