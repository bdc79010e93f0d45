import { Command } from 'commander';
import { createSlot, dropSlot, type SlotState, showSlot } from '../../functions/by-hand/slot/slot.ts';
import { readWalConfig } from '../../functions/wal/config.ts';
import { readTarget, WALSENDER } from '../../layers/postgres/connect/read-target.ts';
import type { ConnectionTarget } from '../../layers/postgres/connect/target.ts';
import { bytes } from '../../layers/words/sizes.ts';
import { EXIT } from './exit-code.ts';
import type { Run, Session } from './session.ts';

interface SlotOptions {
  readonly withoutLimit?: boolean;
  readonly json?: boolean;
}

/** `slot`: the replication slot that keeps WAL for the archive. Only a person makes or drops one. */
export function slotCommand(run: Run): Command {
  const command = (name: string, description: string) =>
    new Command(name).description(description).option('--json', 'print JSON');
  return new Command('slot')
    .description('the replication slot that keeps WAL until it is archived (PITR)')
    .addCommand(
      command('show', 'how much WAL it keeps on the server').action((options: SlotOptions) =>
        run((session) => report(session, options, showSlot, shown)),
      ),
    )
    .addCommand(
      command('create', 'make it: from now on the server keeps WAL for it')
        .option('--without-limit', 'though the server does not limit what a slot keeps')
        .action((options: SlotOptions) =>
          run((session) =>
            report(
              session,
              options,
              (target, slot) => createSlot(target, slot, options.withoutLimit ?? false),
              ({ slot, from }) => `slot ${slot} was made; the server keeps WAL for it from ${from} on`,
            ),
          ),
        ),
    )
    .addCommand(
      command('drop', 'drop it: the server keeps no WAL for it any more').action((options: SlotOptions) =>
        run((session) =>
          report(
            session,
            options,
            dropSlot,
            (state) => `slot ${state.slot} was dropped${kept(state, ', which kept ')}`,
          ),
        ),
      ),
    );
}

async function report(
  { env, print, printJson, terminal }: Session,
  { json }: SlotOptions,
  work: (target: ConnectionTarget, slot: string) => Promise<SlotState>,
  sentence: (state: SlotState) => string,
): Promise<number> {
  const { postgres, slot } = readWalConfig(env, { byHand: true });
  const state = await work(await readTarget(postgres, Date.now(), WALSENDER), slot);
  if (json) printJson(state);
  else print(sentence(state));
  if (state.limit === '-1') terminal.line(NO_LIMIT);
  return EXIT.ok;
}

function shown(state: SlotState): string {
  const { slot, from, to, limit } = state;
  if (from === undefined)
    return `slot ${slot} keeps nothing: it is lost; drop it and create it again, then take a base backup`;
  const most = limit === '-1' ? 'without a limit' : `at most ${limit}`;
  return `slot ${slot}${kept(state, ' keeps ')}, from ${from} to ${to}; ${most}`;
}

function kept({ retainedBytes }: SlotState, verb: string): string {
  return retainedBytes === undefined ? '' : `${verb}${bytes(retainedBytes)} of WAL`;
}

const NO_LIMIT =
  '! max_slot_wal_keep_size is -1: a slot that nobody empties fills the disk of the server. Set a limit there';
