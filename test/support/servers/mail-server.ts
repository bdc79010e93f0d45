import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { onTestFinished } from 'vitest';
import { TLS } from './server-tls.ts';

export interface ReceivedMail {
  readonly user: string | undefined;
  /** Whether it came by TLS. */
  readonly secure: boolean;
  readonly from: string;
  readonly to: readonly string[];
  readonly text: string;
}

export const MAIL_USER = { user: 'me@mail.example', pass: 'p@ss-T0k3n' } as const;

/** A real SMTP server with the certificate of the tests, which is for `localhost`; it asks for a user. It ends with the test. */
export async function mailServer(options: SMTPServerOptions = {}) {
  const mails: ReceivedMail[] = [];
  const server = new SMTPServer({
    key: readFileSync(path.join(TLS, 'server.key')),
    cert: readFileSync(path.join(TLS, 'server.pem')),
    onAuth({ username, password }, _session, done) {
      if (username === MAIL_USER.user && password === MAIL_USER.pass) done(null, { user: username });
      else done(new Error('Invalid username or password'));
    },
    onData(stream, { user, secure, envelope }, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => void chunks.push(chunk));
      stream.on('end', () => {
        const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
        const to = envelope.rcptTo.map(({ address }) => address);
        mails.push({ user, secure, from, to, text: Buffer.concat(chunks).toString() });
        done();
      });
    },
    ...options,
  });
  // A client that refuses its certificate breaks the connection.
  server.on('error', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise<void>((resolve) => server.close(resolve)));
  const { port } = server.server.address() as AddressInfo;
  const login = `${encodeURIComponent(MAIL_USER.user)}:${encodeURIComponent(MAIL_USER.pass)}`;
  return { mails, port, url: `${options.secure ? 'smtps' : 'smtp'}://${login}@localhost:${port}` };
}
