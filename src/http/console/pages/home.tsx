/** The start: what waits for me, what is stuck, what is broken. */
import { useState } from 'preact/hooks';
import type { Desk } from '../../console-api/desk-schemas.ts';
import type { Home } from '../../console-api/operation-schemas.ts';
import { desk } from '../lib/desk.ts';
import { clockTime, integer } from '../lib/format.ts';
import { useObservable } from '../lib/observable.ts';
import { useResource } from '../lib/resource.ts';
import { hrefOf } from '../lib/router.ts';
import { inLocale, t, tOr } from '../lib/words.ts';
import { ActorLink, Age, Chip, PageHead, Panel, Time } from '../ui/atoms.tsx';
import { CardTable } from '../ui/card-table.tsx';
import { Empty, Loaded } from '../ui/views.tsx';
import { ApprovalTable } from './approvals.tsx';
import { toneOfDependency } from './dependency-card.tsx';
import { IncidentTable } from './incidents.tsx';
import { JobTable } from './jobs.tsx';

/** A tab can watch twenty topics; the others are asked for again when any count changes. */
const WATCHED = 15;
const SHOWN = 20;

export function HomePage() {
  const { followed: addresses, mentions } = useObservable(desk);
  const topics = ['counts', 'desks', 'approvals', ...addresses.slice(0, WATCHED).map((address) => `actor:${address}`)];
  const home = useResource<Home>('/home', topics.join(','));
  return (
    <>
      <PageHead title={t('nav.home')} />
      <Loaded of={home}>
        {({ approvals, reviews, incidents, jobs, overdue, dependencies, followed, processes, now }) => {
          const open = incidents.filter(({ status }) => status === 'open');
          const isCalm =
            mentions.length + approvals.length + reviews.length + open.length + jobs.length + overdue.length === 0;
          return (
            <>
              <Panel title={t('home.dependencies')}>
                <ul class="strip">
                  {dependencies.map(({ dependency, policy, state, isHeld }) => (
                    <li key={`${dependency}/${policy}`}>
                      <a href={hrefOf(['dependencies'])}>
                        <Chip tone={toneOfDependency(state, isHeld)}>
                          {dependency}/{policy} · {isHeld ? t('dependency.held') : tOr(`dependency.${state}`, state)}
                        </Chip>
                      </a>
                    </li>
                  ))}
                  {dependencies.length === 0 && <li class="muted">{t('dependency.none')}</li>}
                </ul>
              </Panel>
              {mentions.length > 0 && (
                <Panel title={t('home.mentions')}>
                  <Mentions mentions={mentions} />
                </Panel>
              )}
              {isCalm && <Empty title={t('home.calm')}>{t('home.checked', { at: clockTime(now) })}</Empty>}
              {reviews.length > 0 && (
                <Panel title={t('home.reviews')}>
                  <ApprovalTable approvals={reviews} />
                </Panel>
              )}
              {approvals.length > 0 && (
                <Panel title={t('home.approvals')}>
                  <ApprovalTable approvals={approvals} />
                </Panel>
              )}
              {open.length > 0 && (
                <Panel title={t('home.incidents')}>
                  <IncidentTable incidents={open} />
                </Panel>
              )}
              {overdue.length > 0 && (
                <Panel title={t('home.overdue')}>
                  <ul class="strip">
                    {overdue.map(({ type, state, title, count }) => (
                      <li key={`${type} ${state}`}>
                        <a href={hrefOf(['machines', type], { state })}>
                          <Chip tone="bad">
                            {tOr(`type.${type}`, type)} · {inLocale(title)} <b>{integer(count)}</b>
                          </Chip>
                        </a>
                      </li>
                    ))}
                  </ul>
                </Panel>
              )}
              {jobs.length > 0 && (
                <Panel title={t('home.jobs')}>
                  <JobTable jobs={jobs} />
                </Panel>
              )}
              <Panel title={t('home.followed')}>
                <Followed cards={followed} />
              </Panel>
              <Panel title={t('home.processes')}>
                <Processes processes={processes} />
              </Panel>
            </>
          );
        }}
      </Loaded>
    </>
  );
}

function Mentions({ mentions }: { mentions: Desk['mentions'] }) {
  return (
    <ul class="plain">
      {mentions.map(({ note, about, by, at }) => (
        <li key={note}>
          {t('home.mentionedBy', { by })} <ActorLink address={about} />{' '}
          <span class="muted">
            <Age at={at} />
          </span>
        </li>
      ))}
    </ul>
  );
}

/** When what runs was started: after a deploy all of them anew. */
function Processes({ processes }: { processes: Home['processes'] }) {
  return (
    <ul class="plain">
      {processes.map(({ id, role, startedAt, status }) => (
        <li key={id}>
          <Chip tone={status === 'live' ? 'ok' : 'bad'}>{t(`process.${status}`)}</Chip> <code>{id.slice(0, 8)}</code>{' '}
          {role} <span class="muted">{t('process.started')}</span> <Time at={startedAt} withAge />
        </li>
      ))}
    </ul>
  );
}

function Followed({ cards }: { cards: Home['followed'] }) {
  const [isAll, setAll] = useState(false);
  if (cards.length === 0) return <p class="muted">{t('home.noneFollowed')}</p>;
  return (
    <>
      <CardTable label={t('home.followed')} cards={isAll ? cards : cards.slice(0, SHOWN)} />
      {!isAll && cards.length > SHOWN && (
        <button type="button" onClick={() => setAll(true)}>
          {t('home.allFollowed', { n: integer(cards.length) })}
        </button>
      )}
    </>
  );
}
