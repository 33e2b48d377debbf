/** The start: what waits for me, what is stuck, what is broken. */
import type { Home } from '../../console-api/operation-schemas.ts';
import { followed } from '../lib/followed.ts';
import { clockTime, integer } from '../lib/format.ts';
import { useObservable } from '../lib/observable.ts';
import { useResource } from '../lib/resource.ts';
import { hrefOf } from '../lib/router.ts';
import { inLocale, t, tOr } from '../lib/words.ts';
import { ActorLink, Chip, PageHead, Panel } from '../ui/atoms.tsx';
import { Empty, Loaded } from '../ui/views.tsx';
import { ApprovalTable } from './approvals.tsx';
import { toneOfDependency } from './dependencies.tsx';
import { IncidentTable } from './incidents.tsx';
import { JobTable } from './jobs.tsx';

export function HomePage() {
  const home = useResource<Home>('/home', 'counts');
  const mine = useObservable(followed);
  return (
    <>
      <PageHead title={t('nav.home')} />
      <Loaded of={home}>
        {({ approvals, incidents, jobs, overdue, dependencies, now }) => {
          const open = incidents.filter(({ status }) => status === 'open');
          const isCalm = approvals.length + open.length + jobs.length + overdue.length === 0;
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
              {isCalm && <Empty title={t('home.calm')}>{t('home.checked', { at: clockTime(now) })}</Empty>}
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
            </>
          );
        }}
      </Loaded>
      <Panel title={t('home.followed')}>
        {mine.length === 0 ? (
          <p class="muted">{t('home.noneFollowed')}</p>
        ) : (
          <ul class="strip">
            {mine.map((address) => (
              <li key={address}>
                ★ <ActorLink address={address} />
              </li>
            ))}
          </ul>
        )}
      </Panel>
    </>
  );
}
