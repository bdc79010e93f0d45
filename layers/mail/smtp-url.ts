export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte, not by STARTTLS. */
  readonly secure: boolean;
  readonly auth?: { readonly user: string; readonly pass: string };
}

/**
 * Reads a URL of a mail server. Pure.
 *
 * @throws Error without any part of the URL: it is a secret
 * @see https://www.rfc-editor.org/rfc/rfc8314#section-3.3 for the ports
 */
export function readSmtpUrl(text: string): SmtpServer {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^smtps?:$/.test(url.protocol) || url.hostname === '') {
    throw new Error('the URL is not an smtp:// or smtps:// URL');
  }
  const secure = url.protocol === 'smtps:';
  const port = url.port === '' ? (secure ? 465 : 587) : Number(url.port);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (url.username === '') return { host, port, secure };
  return { host, port, secure, auth: { user: decoded(url.username), pass: decoded(url.password) } };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new Error('the URL must have its user and password percent-encoded (a % is %25)');
  }
}
