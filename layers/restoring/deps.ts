import type { ClientPrograms } from '../postgres/programs/client-programs.ts';
import type { Opener } from '../vault/vault.ts';

/** Where archives and globals are, by the keys of their manifests: the vault, or a folder. */
export interface ArchiveStore {
  /** All bytes from the beginning; undefined if there is no such object. */
  getBytes(key: string, signal: AbortSignal): Promise<AsyncIterable<Buffer> | undefined>;
  /** Opens what is sealed; not there where nothing is. */
  readonly open?: Opener | undefined;
  /** The file that an archive is in, where it is on this machine already. */
  readonly fileOf?: (key: string) => string;
}

export interface RestoreDeps {
  readonly store: ArchiveStore;
  readonly clientPrograms: () => Promise<readonly ClientPrograms[]>;
  /** Called often, with how far it is. */
  readonly onProgress: (progress: RestoreProgress) => void;
  /** Called with what a person should know at once: what will be lost, and what is waited for. */
  readonly onRemark: (text: string) => void;
  readonly clock: () => Date;
}

export interface RestoreProgress {
  /** `download`: the archive into a file; `restore`: bytes of the archive, or of the database where jobs run in parallel. */
  readonly step: 'download' | 'restore' | 'analyze' | 'compare';
  readonly doneBytes: number;
  readonly totalBytes: number;
}
