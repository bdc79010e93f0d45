import { DumpError } from '../../backup/errors.ts';
import { SHORTAGE, saysShortage } from '../complaints/shortage.ts';
import type { Daemon } from './daemon.ts';
import { freeBytes } from './free-space.ts';

/** The server ended by itself: its own words say why. */
export class RecoveryEnded extends DumpError {
  override name = 'RecoveryEnded';
}

/**
 * Why a server ended, by its log. Of what `restore_command` lacks, its own words tell, and the server's only that it failed. On a
 * full disk both may be lost.
 *
 * @param folder - on the disk that the server writes to
 */
export function endedError(daemon: Pick<Daemon, 'firstLogLine'>, folder: string): RecoveryEnded {
  const [, said = 'it ended without a message'] = REASON.exec(daemon.firstLogLine(REASON)) ?? [];
  const short = [daemon.firstLogLine(SHORTAGE), ...(freeBytes(folder) < A_LOG_BYTES ? [FULL_DISK] : [])].find(
    saysShortage,
  );
  const problem = short === undefined || saysShortage(said) ? said : `${said} (${short})`;
  return new RecoveryEnded({ operation: 'recover', subject: 'in a scratch server', problem });
}

const FULL_DISK = 'No space left on device';
/** What a server may still write of its end. */
const A_LOG_BYTES = 64 * 1024;

/** Not what it says to us while it is not ready, or does not know a role. */
const REASON = /\b(?:FATAL|PANIC): +((?! |the database system is |role "|database ").*)/;
