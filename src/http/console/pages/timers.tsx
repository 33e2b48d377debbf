/** Timers that are due or late, and messages that did not get through. */
import { useState } from 'preact/hooks';
import type { DeadLetter, DeadLetters, Timers } from '../../console-api/operation-schemas.ts';
import { send } from '../lib/api.ts';
import { now, useNow } from '../lib/clock.ts';
import { countdown, duration, integer } from '../lib/format.ts';
import { useResource } from '../lib/resource.ts';
import { may } from '../lib/roles.ts';
import { actorHref } from '../lib/router.ts';
import { inLocale, t, tOr } from '../lib/words.ts';
import { ActorLink, Age, Chip, PageHead, Panel } from '../ui/atoms.tsx';
import { ReasonDialog } from '../ui/reason-dialog.tsx';
import { type Column, Table } from '../ui/table.tsx';
import { Empty, Loaded } from '../ui/views.tsx';
import { Backlogs } from './backlog.tsx';

type ReplayResult = {
  readonly id: string;
  readonly outcome: string | null;
  readonly refusal: { readonly detail: { zh: string; en: string } } | null;
};

/** Of letters that are replayed together. */
const MOST = 100;

export function TimersPage() {
  return (
    <>
      <PageHead title={t('nav.timers')} />
      <Panel title={t('deadletters.title')}>
        <Letters />
      </Panel>
      <Panel title={t('timers.title')}>
        <Due />
      </Panel>
      <Panel title={t('backlog.title')}>
        <Backlogs />
      </Panel>
    </>
  );
}

function Due() {
  const timers = useResource<Timers>('/timers', 'counts');
  useNow(1000);
  return (
    <Loaded of={timers}>
      {({ data }) =>
        data.length === 0 ? (
          <Empty title={t('timers.none')} />
        ) : (
          <Table
            label={t('timers.title')}
            rows={data}
            keyOf={({ address }) => address}
            hrefOf={({ address }) => actorHref(address)}
            columns={[
              { title: t('card.id'), isWide: true, cell: ({ address }) => <ActorLink address={address} /> },
              {
                title: t('timers.what'),
                cell: ({ entries }) =>
                  entries
                    .map(({ kind, title }) => `${kind === 'timer' ? '◷' : '⇄'} ${inLocale(title)}`)
                    .join(t('list.comma')),
              },
              {
                title: t('timers.due'),
                cell: ({ dueAt, isLate }) => (
                  <>
                    {dueAt > now() ? countdown(dueAt - now()) : t('waiting.since', { length: duration(now() - dueAt) })}
                    {isLate && <Chip tone="bad">{t('waiting.late')}</Chip>}
                  </>
                ),
              },
            ]}
          />
        )
      }
    </Loaded>
  );
}

function Letters() {
  const letters = useResource<DeadLetters>('/deadletters', 'counts');
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [isAsked, setAsked] = useState(false);
  const [results, setResults] = useState<readonly ReplayResult[]>([]);
  const mayReplay = may('care');
  const replay = async (reason: string) => {
    const answer = await send<{ readonly data: readonly ReplayResult[] }>('POST', '/deadletters/replay', {
      body: { ids: chosen, reason },
    });
    setResults(answer.data);
    setChosen([]);
    letters.reload();
  };
  const isReplayable = ({ kind, replay: done }: DeadLetter) => kind === 'parked' && done === null;
  const pick: Column<DeadLetter> = {
    title: t('deadletters.choose'),
    cell: (letter) => (
      <input
        type="checkbox"
        disabled={!isReplayable(letter)}
        checked={chosen.includes(letter.id)}
        aria-label={letter.id}
        onChange={(event) =>
          setChosen(event.currentTarget.checked ? [...chosen, letter.id] : chosen.filter((id) => id !== letter.id))
        }
      />
    ),
  };
  return (
    <Loaded of={letters}>
      {({ data, undeliveredCount }) => (
        <>
          {undeliveredCount > 0 && (
            <p class="notice">{t('deadletters.undelivered', { n: integer(undeliveredCount) })}</p>
          )}
          {results.length > 0 && (
            <ul class="plain notice" role="status">
              {results.map(({ id, outcome, refusal }) => (
                <li key={id}>
                  <code class="id-code">{id}</code> {outcome === null ? '' : tOr(`outcome.${outcome}`, outcome)}{' '}
                  {refusal !== null && inLocale(refusal.detail)}
                </li>
              ))}
            </ul>
          )}
          {data.length === 0 ? (
            <Empty title={t('deadletters.none')}>{t('deadletters.noneHelp')}</Empty>
          ) : (
            <Table
              label={t('deadletters.title')}
              rows={data}
              keyOf={({ id }) => id}
              columns={[
                ...(mayReplay ? [pick] : []),
                {
                  title: t('deadletters.message'),
                  isWide: true,
                  cell: ({ title, to, from }) => (
                    <>
                      <b>{inLocale(title)}</b> {from} → <ActorLink address={to} />
                    </>
                  ),
                },
                {
                  title: t('card.state'),
                  cell: ({ kind, replay: done }) => (
                    <Chip tone={done === 'done' ? 'ok' : 'bad'}>
                      {kind === 'parked' ? t('outcome.parked') : t('troubles.undelivered')}
                      {done !== null && ` → ${t(`outcome.${done}`)}`}
                    </Chip>
                  ),
                },
                {
                  title: t('card.reason'),
                  isWide: true,
                  cell: ({ reason }) => (reason === null ? '' : `${reason.code} ${reason.detail}`),
                },
                { title: t('deadletters.since'), cell: ({ at }) => <Age at={at} /> },
              ]}
            />
          )}
          {mayReplay && data.some(isReplayable) && (
            <p class="buttons">
              <button type="button" class="primary" disabled={chosen.length === 0} onClick={() => setAsked(true)}>
                {t('deadletters.replay', { n: chosen.length })}
              </button>
              <button
                type="button"
                onClick={() =>
                  setChosen(
                    data
                      .filter(isReplayable)
                      .slice(0, MOST)
                      .map(({ id }) => id),
                  )
                }
              >
                {t('deadletters.chooseAll')}
              </button>
            </p>
          )}
          {isAsked && (
            <ReasonDialog
              title={t('deadletters.replay', { n: chosen.length })}
              confirm={t('deadletters.replay', { n: chosen.length })}
              onConfirm={replay}
              onClose={() => setAsked(false)}
            >
              <p class="muted">{t('deadletters.help')}</p>
            </ReasonDialog>
          )}
        </>
      )}
    </Loaded>
  );
}
