import { randomUUID } from 'node:crypto';
import pino from 'pino';
import { expect } from 'vitest';
import type { BaseAnswer } from '../../../functions/base/answer.ts';
import { base } from '../../../functions/base/base.ts';
import type { BaseRequest } from '../../../functions/base/request.ts';
import { startDeadline } from '../../../layers/deadline/deadline.ts';
import type { ConnectionTarget } from '../../../layers/postgres/connect/target.ts';
import type { Recipients } from '../../../layers/seal/recipients.ts';
import type { Vault } from '../../../layers/vault/vault.ts';
import type { Base } from '../../../layers/wal/base.ts';
import { clustersFolder } from '../../../layers/wal/keys.ts';
import type { TestPostgres } from '../servers/postgres.ts';
import { SLOT, type WalWorld, walWorld } from './wal-world.ts';

type Changes = Partial<BaseRequest> & {
  readonly as?: Partial<ConnectionTarget>;
  readonly through?: Vault;
};

export interface BaseWorld extends WalWorld {
  /** Takes a base backup of the world's server. By its name each is a second later than the one before. */
  take(changes?: Changes): Promise<BaseAnswer>;
  /** The same, which must be stored. */
  stored(changes?: Changes): Promise<Base>;
  /** The keys of what there is of base backups: `<startedAt>/…`. */
  bases(): Promise<string[]>;
  /** A file of one as it is stored. */
  file(base: Base, name: string): Promise<Buffer>;
}

/** A server with a slot, and a bucket for its base backups and its WAL: a fresh one by default. */
export async function baseWorld(postgres: TestPostgres, own?: Vault, recipients?: Recipients): Promise<BaseWorld> {
  const world = await walWorld(postgres, { vault: own, recipients });
  const { vault } = world;
  const log = world.log as string[];
  let at = Math.floor(Date.now() / 1000) - 3_600;
  const take = async ({ as, through = vault, ...changes }: Changes = {}) => {
    const deadline = startDeadline({ getRemainingTimeInMillis: () => 100_000 }, 'base');
    const deps = {
      vault: through,
      recipients,
      target: async () => ({ ...postgres.target, ...as }),
      log: pino({ level: 'debug' }, { write: (line: string) => void log.push(line) }),
      clock: () => new Date(),
    };
    const name = { startedAt: new Date(1000 * at++), attempt: randomUUID() };
    const how = { kind: 'full', slot: SLOT, windowDays: 7 } as const;
    return base(deps, { ...name, ...how, deadline, ...changes }).finally(deadline.clear);
  };
  const keys = async () => (await vault.listAll(clustersFolder(vault.prefix))).map(({ key }) => key);
  return {
    ...world,
    take,
    async stored(changes) {
      const { outcome, ...document } = await take(changes);
      return outcome === 'stored' ? (document as Base) : expect.unreachable(`it was ${outcome}`);
    },
    bases: async () => (await keys()).flatMap((key) => key.split('/base/')[1] ?? []),
    async file({ attempt }, name) {
      const key = (await keys()).find((one) => one.endsWith(`/${attempt}/${name}`)) ?? '';
      const chunks: Buffer[] = [];
      for await (const chunk of (await vault.getBytes(key)) ?? []) chunks.push(chunk);
      return Buffer.concat(chunks);
    },
  };
}
