import { DumpError } from '../../layers/backup/errors.ts';

export function timelineChanged(from: number, to: number): DumpError {
  return new DumpError({
    operation: 'take a base backup on',
    subject: `timeline ${from}`,
    problem: `the server was promoted meanwhile, and is on timeline ${to}`,
    hint: 'this base backup does not count; the next run takes one on the new timeline',
  });
}
