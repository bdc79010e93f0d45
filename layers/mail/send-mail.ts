import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import pRetry, { AbortError } from 'p-retry';
import { textOf } from '../backup/errors.ts';
import { readSmtpUrl } from './smtp-url.ts';

export interface MailServer {
  /** `smtps://user:password@host:465`, or `smtp://…` for a server that speaks TLS by STARTTLS. A secret. */
  readonly url: string;
  /** Without `required`, `smtp://` sends everything in the clear, the password too. */
  readonly tls: 'required' | 'off';
  /** A file of certificates in PEM that the server's must be signed by, instead of those that Node.js trusts. */
  readonly rootCert?: string | undefined;
}

export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Three tries of 15 seconds: a minute at the very most. */
const TRY_MS = 15_000;
const STEP_MS = 10_000;

/**
 * Sends a mail, and sees that the server took it. A server that is down or refuses for now (4yz) is tried twice more.
 *
 * @returns the addresses that the server refused, where it took others
 * @throws Error that names the host, without the password
 * @see https://www.rfc-editor.org/rfc/rfc5321#section-4.2.1 for what 4yz and 5yz mean
 */
export async function sendMail({ url, tls, rootCert }: MailServer, mail: Mail): Promise<readonly string[]> {
  const { host, port, secure, auth } = readSmtpUrl(url);
  const ca = rootCert === undefined ? undefined : await readFile(rootCert);
  // Loaded only where mail is sent.
  const { createTransport } = await import('nodemailer');
  const transport = createTransport({
    ...{ host, port, secure, requireTLS: !secure && tls === 'required', ignoreTLS: tls === 'off' },
    ...(auth && { auth }),
    ...(ca && { tls: { ca } }),
    ...{ connectionTimeout: STEP_MS, greetingTimeout: STEP_MS, socketTimeout: STEP_MS },
    ...{ disableFileAccess: true, disableUrlAccess: true },
  });
  const attempt = async () => {
    const ended = new AbortController();
    const sending = transport.sendMail({ ...mail, to: [...mail.to], headers: { ...mail.headers } });
    const late = delay(TRY_MS, undefined, { signal: ended.signal }).then(() => {
      throw new Error(`no answer within ${TRY_MS / 1000} s`);
    });
    try {
      const { rejected } = await Promise.race([sending, late]);
      return rejected.map((one: string | { readonly address: string }) =>
        typeof one === 'string' ? one : one.address,
      );
    } catch (error) {
      const problem = new Error(`${host}:${port} did not take the mail: ${without(textOf(error), auth?.pass)}`);
      throw isForNow(error) ? problem : new AbortError(problem);
    } finally {
      ended.abort();
      // Either may still fail after the other.
      for (const one of [sending, late]) one.catch(() => {});
    }
  };
  return pRetry(attempt, { retries: 2, minTimeout: 500, factor: 2 });
}

/** A refusal with a code is for good from 500 on. Without one, the connection failed, unless it was about TLS or the user. */
function isForNow(error: unknown): boolean {
  const { responseCode, code } = error as { responseCode?: number; code?: string };
  if (responseCode !== undefined) return responseCode < 500;
  return code === undefined || /^(ECONNECTION|ETIMEDOUT|EDNS|ESOCKET|ECONNRESET|ECONNREFUSED)$/.test(code);
}

function without(text: string, password: string | undefined): string {
  return password ? text.replaceAll(password, '…') : text;
}
