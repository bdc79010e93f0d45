import * as z from 'zod';
import type { Shape } from './shapes.ts';
import type { Variable } from './variable.ts';

/** A parameter of the template alone: no function reads it. */
export function parameter(shape: Shape<unknown>, fallback: number | string | undefined, meaning: string): Variable {
  return {
    shape,
    ...(fallback !== undefined && { default: String(fallback) }),
    meaning,
    readBy: [],
    onAws: fallback === undefined ? {} : { default: fallback },
  };
}

/** Ids of AWS, separated by commas: `subnet-0a1b2c, subnet-3d4e5f`. */
export const ids = (prefix: string): Shape<string> =>
  z
    .string()
    .regex(
      new RegExp(`^${prefix}-[0-9a-f]+(\\s*,\\s*${prefix}-[0-9a-f]+)*$`),
      `must be a comma-separated list like ${prefix}-0a1b2c`,
    );
