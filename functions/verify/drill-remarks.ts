import { leftOutWords } from '../../layers/backup/left-out.ts';
import type { Manifest } from '../../layers/backup/manifest.ts';
import { olderClient } from '../../layers/backup/older-client.ts';
import { releaseOf, shortVersion } from '../../layers/backup/release.ts';
import type { Scratch } from './scratch.ts';

/** What limits a drill's verdict, whatever it will be: a sentence each. Pure. */
export function remarksOn(
  {
    superuser,
    target,
    major,
    version,
    remarks,
  }: Pick<Scratch, 'superuser' | 'major' | 'version' | 'remarks'> & {
    readonly target: { readonly user: string };
  },
  manifest: Pick<Manifest, 'client' | 'server' | 'leftOut'>,
): string[] {
  const older = olderClient(manifest);
  const { server } = manifest;
  const leftOut = leftOutWords(manifest.leftOut);
  // The client does not count: it may be newer than the server, and the backup is of the server's major all the same.
  const sameMajor = major === releaseOf(server.version).major;
  return [
    ...remarks,
    ...(sameMajor ? [] : [otherMajor(version, server.version)]),
    ...(leftOut === '' ? [] : [`The backup is partial: ${leftOut}.`]),
    ...(superuser ? [] : [noSuperuser(target.user)]),
    ...(older ? [`${older.problem} The archive may not restore onto other servers.`] : []),
  ];
}

function otherMajor(scratch: string, server: string): string {
  return `It was restored into PostgreSQL ${shortVersion(scratch)}; the server was PostgreSQL ${shortVersion(server)}.`;
}

function noSuperuser(role: string): string {
  return `Owners and privileges were left out: the role "${role}" is not a superuser on the scratch server.`;
}
