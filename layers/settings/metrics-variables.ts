import { FUNCTION_NAMES } from './functions.ts';
import { anyText, choice } from './shapes.ts';
import type { Variable } from './variable.ts';

/** Who may look, and what the log says. */
export const METRICS_VARIABLES = {
  METRICS_TOKEN: {
    shape: anyText,
    meaning:
      'The token needed to read `/metrics` and the status page, sent as a bearer token or as a password. Visible ASCII characters without spaces; `openssl rand -hex 32` makes one. Required on AWS',
    readBy: ['exporter'],
    file: { at: 'metrics.token' },
    secret: true,
    onAws: { required: 'the ARN of the secret that holds the token for /metrics: the endpoint is public' },
  },
  LOG_LEVEL: {
    shape: choice('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
    default: 'info',
    meaning: '`trace`, `debug`, `info`, `warn`, `error`, `fatal` or `silent`. The command line is silent by default',
    readBy: FUNCTION_NAMES,
    file: { at: 'logLevel' },
    onAws: {},
  },
} as const satisfies Readonly<Record<string, Variable>>;
