import { VaultError } from '../backup/errors.ts';

/** What is sealed was changed, cut off or never was an age file: the bytes are at fault, and not the identity. */
export class BrokenSeal extends VaultError {}

/** What to do then. */
export const CHOOSE_ANOTHER = 'it is damaged, or was never sealed: choose another backup';
