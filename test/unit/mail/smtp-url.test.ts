import { expect, test } from 'vitest';
import { readSmtpUrl } from '../../../layers/mail/smtp-url.ts';

test.each([
  ['smtps://mail.example', { host: 'mail.example', port: 465, secure: true }],
  ['smtp://mail.example', { host: 'mail.example', port: 587, secure: false }],
  ['smtp://mail.example:2525', { host: 'mail.example', port: 2525, secure: false }],
  ['smtps://[::1]:4650', { host: '::1', port: 4650, secure: true }],
  [
    'smtps://me%40mail.example:p%40ss@mail.example',
    { host: 'mail.example', port: 465, secure: true, auth: { user: 'me@mail.example', pass: 'p@ss' } },
  ],
])('%s', (url, server) => {
  expect(readSmtpUrl(url)).toEqual(server);
});

test.each(['https://me:T0k3n@mail.example', 'T0k3n', 'smtp:T0k3n', 'smtps://me:T0k3n%zz@mail.example'])(
  '%s is refused, and not repeated',
  (url) => {
    expect(() => readSmtpUrl(url)).toThrow(/^the URL (is not an smtp|must have its user and password percent-encoded)/);
    expect(() => readSmtpUrl(url)).not.toThrow('T0k3n');
  },
);
