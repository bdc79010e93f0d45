import { machine, moment, stamp } from '../../../../layers/words/instants.ts';
import { bytes } from '../../../../layers/words/sizes.ts';
import { ago, span } from '../../../../layers/words/spans.ts';
import { label, shorten } from '../../../../layers/words/texts.ts';
import { clusterLossMs } from '../judge/cluster-standing.ts';
import type { ClusterFacts, SlotFacts } from '../judge/facts.ts';
import { ROOM } from '../judge/limits.ts';
import type { JudgedCluster } from '../judge/summary.ts';
import { Calendar } from './calendar.tsx';
import { Figure } from './database.tsx';
import { Findings } from './notices.tsx';
import { LevelMark } from './sign.tsx';

/** The servers whose WAL is archived: how far back each can go. */
export function Clusters({ clusters, now }: { clusters: readonly JudgedCluster[]; now: Date }) {
  const rest = clusters.length - ROOM.clusters;
  return (
    <>
      {clusters.slice(0, ROOM.clusters).map((judged) => (
        <Cluster key={judged.facts.systemIdentifier} judged={judged} now={now} />
      ))}
      {rest > 0 && (
        <p class="rest">
          and {rest} more, none in a worse state: <code>npx pgvouch status</code> has all servers.
        </p>
      )}
    </>
  );
}

function Cluster({ judged: { facts, standing }, now }: { judged: JudgedCluster; now: Date }) {
  const heading = `cluster-${facts.systemIdentifier}`;
  return (
    <section class={`database ${standing.level}`} aria-labelledby={heading}>
      <header>
        <h2 id={heading}>
          <LevelMark level={standing.level} /> <bdi>{label(facts.name)}</bdi>
        </h2>
        <p class="headline">{shorten(standing.headline, ROOM.textLength)}</p>
      </header>
      <Findings findings={standing.findings} />
      <Figures facts={facts} now={now} />
      <div class="charts">
        <Calendar backups={facts.bases} windows={facts.windows} now={now} />
      </div>
    </section>
  );
}

function Figures({ facts, now }: { facts: ClusterFacts; now: Date }) {
  const { configured, archivedAt, lastBaseAt, lastProvedAt, walBytes, baseBytes, slot } = facts;
  const loss = configured ? clusterLossMs(facts, now) : undefined;
  return (
    <dl>
      {loss !== undefined && <Figure term="A loss of the server costs">at most {span(loss)}</Figure>}
      {archivedAt && (
        <Figure term="Newest WAL stored">
          <time datetime={machine(archivedAt)}>{moment(archivedAt, now)}</time>
        </Figure>
      )}
      <Figure term="Newest base backup">
        {lastBaseAt ? <time datetime={machine(lastBaseAt)}>{stamp(lastBaseAt)} UTC</time> : 'none'}
      </Figure>
      <Figure term="Last proved by a recovery">{lastProvedAt ? ago(lastProvedAt, now) : 'never'}</Figure>
      {slot && configured && <Figure term="The slot keeps">{kept(slot)}</Figure>}
      <Figure term="WAL, base backups">
        {bytes(walBytes)}, {bytes(baseBytes)}
      </Figure>
    </dl>
  );
}

function kept({ state, retainedBytes, limitBytes }: SlotFacts): string {
  if (state !== 'held' || retainedBytes === undefined) return `nothing: it is ${state}`;
  return `${bytes(retainedBytes)} ${limitBytes === undefined ? 'without a limit' : `of at most ${bytes(limitBytes)}`}`;
}
