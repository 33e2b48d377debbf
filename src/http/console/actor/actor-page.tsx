/** One order, withdrawal, account …: what it is, what is going on, its whole history, and what one may do. */
import { useRef, useState } from 'preact/hooks';
import type { Entity, StateAt } from '../../console-api/schemas.ts';
import { announce } from '../lib/announce.ts';
import { actorPath } from '../lib/api.ts';
import { dateTime } from '../lib/format.ts';
import { useKeys } from '../lib/keys.ts';
import { useResource } from '../lib/resource.ts';
import { may } from '../lib/roles.ts';
import { hrefOf } from '../lib/router.ts';
import { isMasked, shown } from '../lib/shown.ts';
import { titlesOf, useChart } from '../lib/titles.ts';
import { stepInList } from '../lib/visited-list.ts';
import { useIsNarrow } from '../lib/width.ts';
import { inLocale, t } from '../lib/words.ts';
import { ActorLink, Amount, Chip, Copy, PageHead, Panel, Standing, StateChip, Time } from '../ui/atoms.tsx';
import { ExportDialog } from '../ui/export-dialog.tsx';
import { TraceLink } from '../ui/outside.tsx';
import { Empty, Loaded } from '../ui/views.tsx';
import { Actions } from './actions.tsx';
import { Calls } from './calls.tsx';
import { ChartPanel } from './chart-panel.tsx';
import { Fields, RevealedOwner } from './fields.tsx';
import { Follow } from './follow.tsx';
import { GoingOn, WaitingList } from './going-on.tsx';
import { useMoments } from './moments.ts';
import { Notes } from './notes.tsx';
import { Scrubber } from './scrubber.tsx';
import { StepDialog } from './step-dialog.tsx';
import { Timeline } from './timeline.tsx';

export function ActorPage({ address, seq }: { address: string; seq: number | null }) {
  const entity = useResource<Entity>(actorPath(address), `actor:${address}`);
  return (
    <Loaded of={entity} title={address}>
      {(data) => <Known key={address} entity={data} address={address} seq={seq} />}
    </Loaded>
  );
}

function Known({ entity, address, seq }: { entity: Entity; address: string; seq: number | null }) {
  const isNarrow = useIsNarrow();
  const [opened, setOpened] = useState<number | null>(null);
  const rootId = entity.activeNodes[0] ?? entity.type;
  const { history, version, cursor, settled, moment, newCount } = useMoments(address, rootId, entity.seq, seq, (row) =>
    announce(t('actor.nowIn', { state: titleOf(row.state) })),
  );
  const isPast = settled !== null;
  const at = useResource<StateAt>(isPast ? `${actorPath(address)}/at/${settled}` : null);
  const hasBefore = isPast && settled > 1 && (at.data?.changed.length ?? 0) > 0;
  const before = useResource<StateAt>(hasBefore ? `${actorPath(address)}/at/${settled - 1}` : null);
  const shown = isPast ? at.data : entity;
  // The next step's version is most likely that of the last one seen: while it is loaded the chart stays.
  const madeBy = useRef<Entity | StateAt>(entity);
  if (shown !== undefined) madeBy.current = shown;
  const { machine, isOtherVersion } = madeBy.current;
  const whole = useChart(address, isOtherVersion ? machine : undefined);
  const titleOf = titlesOf(whole.data);
  const traceOf = (of: number) => history.at(of)?.traceId;
  useKeys({
    l: () => cursor.set(null),
    t: () => document.querySelector<HTMLElement>('.timeline')?.focus(),
    '[': () => stepInList(-1),
    ']': () => stepInList(1),
  });

  const goingOn = (
    <Panel title={t('actor.goingOn')} class="card">
      {shown !== undefined && <GoingOn sentences={shown.sentences} />}
    </Panel>
  );
  const actions = (
    <Panel title={t('actor.actions')} id="actions">
      <Actions address={address} titleOf={titleOf} isPast={isPast} />
    </Panel>
  );
  return (
    <article class={isPast ? 'actor past' : 'actor'} data-address={address}>
      <ActorHead entity={entity} traceId={traceOf(settled ?? entity.seq)} />
      {isPast && (
        <div class="past-band" role="status">
          <span>
            {t('past.viewing', { seq: settled, at: dateTime(history.at(settled)?.at ?? at.data?.at ?? entity.at) })}
          </span>
          <button type="button" onClick={() => cursor.set(null)}>
            {newCount > 0 ? t('past.new', { n: newCount }) : t('past.back')}
          </button>
        </div>
      )}
      <div class="actor-top">
        {goingOn}
        {actions}
      </div>
      <ChartPanel
        address={address}
        whole={whole}
        leaves={shown?.activeNodes ?? entity.activeNodes}
        moment={moment}
        waiting={shown?.waiting ?? []}
        history={history}
        onView={(to) => cursor.set(to)}
        machine={machine}
        isOtherVersion={isOtherVersion}
      >
        <Scrubber history={history} version={version} cursor={cursor} />
      </ChartPanel>
      <div class="actor-columns">
        <div>
          <Panel title={t('timeline.title')}>
            <Timeline history={history} version={version} cursor={cursor} titleOf={titleOf} onOpen={setOpened} />
          </Panel>
          <Panel title={t('waiting.title')}>
            <WaitingList waiting={shown?.waiting ?? []} isPast={isPast} traceOf={traceOf} />
            <Troubles entity={entity} onOpen={setOpened} />
          </Panel>
          <Calls address={address} upTo={settled ?? Number.POSITIVE_INFINITY} onOpen={setOpened} />
          {!isNarrow && <NotesPanel address={address} />}
        </div>
        <div>
          <Panel title={t('fields.title')}>
            <Fields
              address={address}
              fields={shown?.fields ?? []}
              changed={settled === null || settled === 1 ? [] : (at.data?.changed ?? [])}
              before={before.data?.fields}
            />
          </Panel>
          <Related entity={entity} />
          {isNarrow && <NotesPanel address={address} />}
        </div>
      </div>
      {opened !== null && <StepDialog address={address} seq={opened} onClose={() => setOpened(null)} />}
    </article>
  );
}

function NotesPanel({ address }: { address: string }) {
  return (
    <Panel title={t('notes.title')}>
      <Notes address={address} />
    </Panel>
  );
}

function ActorHead({ entity, traceId }: { entity: Entity; traceId: string | null | undefined }) {
  const { type, id, address, owner, amountFen, stateSince, slaSeconds, isOverdue, createdAt } = entity;
  const [isWide, setWide] = useState(false);
  const [isExporting, setExporting] = useState(false);
  return (
    <header class="actor-head">
      <PageHead title={inLocale(entity.typeTitle)}>
        <Follow address={address} />
        {may('audit') && (
          <button type="button" class="quiet" onClick={() => setExporting(true)}>
            {t('export')}
          </button>
        )}
        {(type === 'balance' || type === 'member') && <a href={hrefOf(['accounts', id])}>{t('actor.account')}</a>}
      </PageHead>
      <p class="actor-line">
        <button type="button" class="quiet id whole-id" onClick={() => setWide(!isWide)} aria-expanded={isWide}>
          {shown(id)}
        </button>
        <Copy text={id} />
        <StateChip state={entity.state} title={entity.stateTitle} />
        {isOverdue && <Chip tone="bad">{t('actor.overdue')}</Chip>}
        {amountFen !== null && (
          <b class="big">
            <Amount fen={amountFen} />
          </b>
        )}
      </p>
      <p class="actor-line muted">
        <span>
          {t('actor.inState')} <Standing since={stateSince} slaSeconds={slaSeconds} />
        </span>
        {owner !== null && (
          <span>
            {t('actor.owner')} <a href={hrefOf(['accounts', owner])}>{shown(owner)}</a>
            {isMasked(owner) && <RevealedOwner address={address} />}
          </span>
        )}
        <span>
          {t('actor.created')} <Time at={createdAt} />
        </span>
        <span>
          {t('actor.changed')} <Time at={entity.at} />
        </span>
        <TraceLink traceId={traceId} />
      </p>
      {isExporting && (
        <ExportDialog
          path={`${actorPath(address)}/export`}
          help={t('actor.exportHelp')}
          onClose={() => setExporting(false)}
        />
      )}
    </header>
  );
}

function Related({ entity }: { entity: Entity }) {
  return (
    <Panel title={t('related.title')}>
      {entity.related.length === 0 ? (
        <Empty title={t('related.none')} />
      ) : (
        <ul class="related">
          {entity.related.map((card) => (
            <li key={card.address}>
              <span class="muted">{inLocale(card.relation)}</span>
              <ActorLink address={card.address}>{`${inLocale(card.typeTitle)} ${card.id}`}</ActorLink>
              <StateChip state={card.state} title={card.stateTitle} />
              {card.amountFen !== null && <Amount fen={card.amountFen} />}
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

/** Messages that do not get through: a person has to look at them. */
function Troubles({ entity, onOpen }: { entity: Entity; onOpen: (seq: number) => void }) {
  const { undelivered, parked } = entity;
  if (undelivered.length + parked.length === 0) return null;
  return (
    <div class="troubles">
      <h3>{t('troubles.title')}</h3>
      <ul class="plain">
        {parked.map(({ seq, at, messageId, event, reason }) => (
          <li key={messageId}>
            <Chip tone="bad">{t('outcome.parked')}</Chip> {event} <code>{reason}</code> <Time at={at} />{' '}
            <button type="button" class="small" onClick={() => onOpen(seq)}>
              #{seq}
            </button>
          </li>
        ))}
        {undelivered.map(({ id, from, event, since, attempts }) => (
          <li key={id}>
            <Chip tone="warn">{t('troubles.undelivered')}</Chip> {event} {t('troubles.from')}{' '}
            <ActorLink address={from} /> <Time at={since} withAge /> · {t('waiting.attempt', { n: attempts })}
          </li>
        ))}
      </ul>
    </div>
  );
}
