/** One machine as a map: where its actors stand, by which version, and how they moved lately. It is also the manual of what
 * its states mean. */
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { MachineMap } from '../../console-api/machine-schemas.ts';
import type { ActorCard } from '../../console-api/schemas.ts';
import type { Chart } from '../../graph/graph-types.ts';
import { StateDialog } from '../actor/state-dialog.tsx';
import { ChartView } from '../chart/chart-view.tsx';
import { Outline } from '../chart/outline.tsx';
import { integer } from '../lib/format.ts';
import { useMore } from '../lib/more.ts';
import { observable } from '../lib/observable.ts';
import { useResource } from '../lib/resource.ts';
import { hrefOf, navigate, usePlace } from '../lib/router.ts';
import { chartQuery } from '../lib/titles.ts';
import { useIsNarrow } from '../lib/width.ts';
import { inLocale, t } from '../lib/words.ts';
import { Chip, PageHead, Panel } from '../ui/atoms.tsx';
import { CardPages } from '../ui/card-table.tsx';
import { Select } from '../ui/form.tsx';
import { Loaded } from '../ui/views.tsx';
import { BUSIEST, Busiest, badgeOf, type HrefWith, hottestOf, notesOf, States } from './machine-figures.tsx';

export function MachinePage({ type, state }: { type: string; state: string | null }) {
  const { query } = usePlace();
  const version = query.get('version');
  const hours = query.get('hours') === '24' ? '24' : '1';
  const asked = new URLSearchParams({ hours, ...(version !== null && { version }) });
  const got = useResource<MachineMap>(`/machines/${type}/map?${asked}`, 'counts');
  // What was there stays while the same is got for another time or version.
  const [last, setLast] = useState<MachineMap | undefined>(undefined);
  useEffect(() => {
    if (got.data !== undefined) setLast(got.data);
  }, [got.data]);
  const href: HrefWith = (change) =>
    hrefOf(['machines', type], { state, version, hours: hours === '1' ? null : hours, ...change });
  return (
    <Loaded of={{ ...got, data: got.data ?? (got.error === null ? last : undefined) }} title={t('nav.machines')}>
      {(map) => (
        <>
          <PageHead title={`${t('nav.machines')} · ${inLocale(map.machine.title)}`}>
            <VersionPicker map={map} version={version} href={href} />
          </PageHead>
          <p class="muted">
            {t('machine.summary', { n: integer(map.machine.count), late: integer(map.machine.overdueCount) })}{' '}
            {version === null && map.machine.oldCount > 0 && (
              <Chip tone="warn">{t('machine.old', { n: integer(map.machine.oldCount) })}</Chip>
            )}
          </p>
          <ChartOf map={map} version={version} hours={hours} href={href} />
          <States map={map} state={state} href={href} />
          {state !== null && <ActorsIn type={type} state={state} version={version} at={map.now} />}
        </>
      )}
    </Loaded>
  );
}

/** Only where there is something to choose from. */
function VersionPicker({ map, version, href }: { map: MachineMap; version: string | null; href: HrefWith }) {
  const { versions, machine } = map;
  if (versions.length < 2) return <code>{machine.version}</code>;
  const all = versions.reduce((sum, { count }) => sum + count, 0);
  return (
    <Select
      label={t('machine.version')}
      value={version ?? ''}
      options={[
        ['', t('machine.allVersions', { n: integer(all) })],
        ...versions.map(({ version: name, isCurrent, hasChart, count }) => {
          const key = isCurrent ? 'machine.current' : hasChart ? 'machine.other' : 'machine.withoutChart';
          return [name, t(key, { version: name, n: integer(count) })] as const;
        }),
      ]}
      onChange={(chosen) => navigate(href({ version: chosen, state: null }))}
    />
  );
}

interface ChartOfProps {
  readonly map: MachineMap;
  readonly version: string | null;
  readonly hours: '1' | '24';
  readonly href: HrefWith;
}

/** The chart of the version asked for, with the steps most often taken beside it. */
function ChartOf({ map, version, hours, href }: ChartOfProps) {
  const { machine, versions } = map;
  const isNarrow = useIsNarrow();
  const { isCurrent = true, hasChart = true } = versions.find((one) => one.version === version) ?? {};
  const drawn = chartQuery(isNarrow, { version: isCurrent ? undefined : machine.version });
  const chart = useResource<Chart>(hasChart ? `/machines/${machine.type}/${drawn}` : null);
  if (!hasChart) return <p class="notice">{t('machine.noChart', { version: machine.version })}</p>;
  return (
    <>
      {!isCurrent && <p class="notice">{t('machine.otherVersion', { version: machine.version })}</p>}
      <Loaded of={chart}>
        {(data) => (
          <>
            <CountedChart chart={data} map={map} />
            <Busiest chart={data} map={map} hours={hours} href={href} />
          </>
        )}
      </Loaded>
    </>
  );
}

/** The chart with how many stand where, red where some have stood too long, and the busiest lines thick. */
function CountedChart({ chart, map }: { chart: Chart; map: MachineMap }) {
  const [picked, setPicked] = useState<string | null>(null);
  const { badges, moment, traffic, notes, hottest } = useMemo(() => {
    const { machine, edges } = map;
    const root = chart.nodes[0]?.id ?? machine.type;
    const late = machine.states.filter(({ overdueCount }) => overdueCount > 0);
    const active = new Set(late.map(({ state }) => `${root}.${state}`));
    const told = machine.states.map((one) => [`${root}.${one.state}`, badgeOf(map, one)] as const);
    return {
      badges: new Map(told.filter(([, text]) => text !== '')),
      moment: observable({ active, fired: [], visits: () => 0, isLive: false }),
      traffic: new Map(edges.slice(0, BUSIEST).map(({ id, count }) => [id, count])),
      notes: notesOf(map, root),
      hottest: hottestOf(map, root),
    };
  }, [map, chart]);
  return (
    <Panel title={t('chart.title')} class="chart-panel heat">
      <ChartView
        chart={chart}
        label={t('chart.title')}
        moment={moment}
        badges={badges}
        traffic={traffic}
        onPick={setPicked}
        isTall
        lookAt={hottest}
      />
      <Outline items={chart.outline} active={new Set()} notes={notes} isHidden />
      {picked !== null && <StateDialog chart={chart} id={picked} history={null} onClose={() => setPicked(null)} />}
    </Panel>
  );
}

interface ActorsInProps {
  readonly type: string;
  readonly state: string;
  readonly version: string | null;
  readonly at: number;
}

/** Who stands in a state, of the version that is shown; asked for anew with each map. */
function ActorsIn({ type, state, version, at }: ActorsInProps) {
  const asked = new URLSearchParams({ state, ...(version !== null && { version }) });
  const list = useMore<ActorCard>(`/machines/${type}/actors?${asked}`, at);
  return <CardPages list={list} label={t('machine.actors')} none={t('machine.noneHere')} />;
}
