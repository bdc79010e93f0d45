import { FULL } from './rules.ts';

/** Whether a text, wherever in it, says that disk or memory was too small. It stays so, until somebody gives more. */
export function saysShortage(text: string): boolean {
  return SHORTAGE.test(text);
}

export const SHORTAGE = new RegExp(`${FULL}|[Oo]ut of memory|could not resize shared memory|ENOSPC|EDQUOT`);
