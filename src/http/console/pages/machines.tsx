/** All machines with what stands in each state; each is also the manual of what its states mean. */
import { useMemo, useState } from 'preact/hooks';
import type { MachineMap, MachineSummary } from '../../console-api/machine-schemas.ts';
import type { ActorCard } from '../../console-api/schemas.ts';
import type { Chart } from '../../graph/graph-types.ts';
import { StateDialog } from '../actor/state-dialog.tsx';
import { ChartView } from '../chart/chart-view.tsx';
import { Outline } from '../chart/outline.tsx';
import { integer } from '../lib/format.ts';
import { observable } from '../lib/observable.ts';
import { locale } from '../lib/preferences.ts';
import { useResource } from '../lib/resource.ts';
import { hrefOf } from '../lib/router.ts';
import { useIsNarrow } from '../lib/width.ts';
import { inLocale, t } from '../lib/words.ts';
import { Chip, PageHead, Panel } from '../ui/atoms.tsx';
import { CardTable } from '../ui/card-table.tsx';
import { SavedViews } from '../ui/saved-views.tsx';
import { Table } from '../ui/table.tsx';
import { Empty, Loaded } from '../ui/views.tsx';

export function MachinesPage() {
  const machines = useResource<{ readonly data: readonly MachineSummary[] }>('/machines', 'counts');
  return (
    <>
      <PageHead title={t('nav.machines')} />
      <SavedViews />
      <Loaded of={machines}>
        {({ data }) => (
          <Table
            label={t('nav.machines')}
            rows={data}
            keyOf={({ type }) => type}
            hrefOf={({ type }) => hrefOf(['machines', type])}
            columns={[
              {
                title: t('machine.name'),
                cell: ({ type, title }) => <a href={hrefOf(['machines', type])}>{inLocale(title)}</a>,
              },
              { title: t('machine.count'), isNumber: true, cell: ({ count }) => integer(count) },
              {
                title: t('machine.overdue'),
                isNumber: true,
                cell: ({ overdueCount }) =>
                  overdueCount === 0 ? integer(0) : <Chip tone="bad">{integer(overdueCount)}</Chip>,
              },
              {
                title: t('machine.states'),
                isWide: true,
                cell: ({ states }) => (
                  <span class="strip">
                    {states
                      .filter(({ count }) => count > 0)
                      .map(({ state, title, count, overdueCount }) => (
                        <Chip key={state} tone={overdueCount > 0 ? 'bad' : 'plain'}>
                          {inLocale(title)} {integer(count)}
                        </Chip>
                      ))}
                  </span>
                ),
              },
              { title: t('machine.version'), cell: ({ version }) => <code>{version}</code> },
            ]}
          />
        )}
      </Loaded>
    </>
  );
}

export function MachinePage({ type, state }: { type: string; state: string | null }) {
  const map = useResource<MachineMap>(`/machines/${type}/map`, 'counts');
  const isNarrow = useIsNarrow();
  const query = new URLSearchParams({ direction: isNarrow ? 'down' : 'right', locale: locale.get() });
  const chart = useResource<Chart>(`/machines/${type}/graph?${query}`);
  return (
    <Loaded of={map} title={t('nav.machines')}>
      {({ machine }) => (
        <>
          <PageHead title={`${t('nav.machines')} · ${inLocale(machine.title)}`}>
            <code>{machine.version}</code>
          </PageHead>
          <SavedViews />
          <p class="muted">
            {t('machine.summary', { n: integer(machine.count), late: integer(machine.overdueCount) })}
          </p>
          <Loaded of={chart}>{(data) => <CountedChart chart={data} machine={machine} />}</Loaded>
          <StateList machine={machine} state={state} />
        </>
      )}
    </Loaded>
  );
}

/** The chart with how many stand where: red where some have stood too long. */
function CountedChart({ chart, machine }: { chart: Chart; machine: MachineSummary }) {
  const [picked, setPicked] = useState<string | null>(null);
  const root = chart.nodes[0]?.id ?? machine.type;
  const { badges, moment } = useMemo(() => {
    const counted = machine.states.filter(({ count }) => count > 0);
    const late = counted.filter(({ overdueCount }) => overdueCount > 0).map(({ state }) => `${root}.${state}`);
    return {
      badges: new Map(
        counted.map(({ state, count, overdueCount }) => [
          `${root}.${state}`,
          overdueCount > 0 ? `${integer(count)} ⚠${integer(overdueCount)}` : integer(count),
        ]),
      ),
      moment: observable({ active: new Set<string>(late), fired: [], visits: () => 0, isLive: false }),
    };
  }, [machine, root]);
  return (
    <Panel title={t('chart.title')} class="chart-panel heat">
      <ChartView chart={chart} label={t('chart.title')} moment={moment} badges={badges} onPick={setPicked} isTall />
      <Outline items={chart.outline} active={new Set()} isHidden />
      {picked !== null && <StateDialog chart={chart} id={picked} history={null} onClose={() => setPicked(null)} />}
    </Panel>
  );
}

/** Who stands in a state: chosen by its row. */
function StateList({ machine, state }: { machine: MachineSummary; state: string | null }) {
  const actors = useResource<{ readonly data: readonly ActorCard[] }>(
    state === null ? null : `/machines/${machine.type}/actors?state=${encodeURIComponent(state)}`,
    'counts',
  );
  return (
    <>
      <Panel title={t('machine.states')}>
        <ul class="strip">
          {machine.states.map(({ state: name, title, count, overdueCount }) => (
            <li key={name}>
              <a
                href={hrefOf(['machines', machine.type], { state: name })}
                aria-current={name === state ? 'true' : undefined}
              >
                <Chip tone={overdueCount > 0 ? 'bad' : count > 0 ? 'info' : 'muted'}>
                  {inLocale(title)} {integer(count)}
                  {overdueCount > 0 && ` ⚠ ${integer(overdueCount)}`}
                </Chip>
              </a>
            </li>
          ))}
        </ul>
      </Panel>
      {state !== null && (
        <Loaded of={actors}>
          {({ data }) =>
            data.length === 0 ? (
              <Empty title={t('machine.noneHere')} />
            ) : (
              <CardTable label={t('machine.actors')} cards={data} />
            )
          }
        </Loaded>
      )}
    </>
  );
}
