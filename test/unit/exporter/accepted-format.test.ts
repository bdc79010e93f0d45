import { expect, test } from 'vitest';
import { acceptedFormat } from '../../../functions/exporter/metrics/accepted-format.ts';

// As Prometheus sends them, in the course of its versions.
const EARLY =
  'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';
const WEIGHTED =
  'application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2';
const ESCAPING =
  'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2';

test.each([
  [EARLY, 'openmetrics'],
  [WEIGHTED, 'openmetrics'],
  [ESCAPING, 'openmetrics'],
  ['application/openmetrics-text', 'openmetrics'],
  ['Application/OpenMetrics-Text; Version="1.0.0"', 'openmetrics'],
  ['text/plain;q=0.5, application/openmetrics-text;q=0.4', 'text'],
  ['application/openmetrics-text;q=0', 'text'],
  ['application/openmetrics-text;version=9.0.0', 'text'],
  ['application/openmetrics-text;q=high', 'text'],
  ['application/openmetrics-text;q=0.1, */*', 'text'],
  ['application/openmetrics-text;q=0.1, text/*', 'text'],
  ['application/openmetrics-text;q=0.1, text/*;q=0.2, */*;q=0.05', 'text'],
  ['application/openmetrics-text;q=0.2, text/plain;q=0.1, text/*, */*', 'openmetrics'],
  ['application/openmetrics-text, */*', 'openmetrics'],
  ['*/*', 'text'],
  ['text/plain', 'text'],
  ['text/html,application/xhtml+xml,*/*;q=0.8', 'text'],
  ['', 'text'],
  [undefined, 'text'],
] as const)('%s is %s', (accept, format) => {
  expect(acceptedFormat(accept)).toBe(format);
});
