/** The figures of a machine: the steps most often taken, what stands where and for how long. */
import type { MachineMap, MachineSummary } from '../../console-api/machine-schemas.ts';
import type { Chart } from '../../graph/graph-types.ts';
import { duration, integer } from '../lib/format.ts';
import { navigate } from '../lib/router.ts';
import { useIsNarrow } from '../lib/width.ts';
import { inLocale, t } from '../lib/words.ts';
import { Chip, Choice, Panel, type Tone } from '../ui/atoms.tsx';
import { Table } from '../ui/table.tsx';
import { Empty } from '../ui/views.tsx';

/** So many edges are drawn thick and listed. */
export const BUSIEST = 10;

/** The page's address with something changed; a null leaves it out. */
export type HrefWith = (change: Readonly<Record<string, string | null>>) => string;

function stayText({ dwells }: MachineMap, state: string): string | null {
  const medianMs = dwells.find((one) => one.state === state)?.medianMs ?? null;
  if (medianMs === null) return null;
  return medianMs < 1000 ? t('duration.milli', { n: integer(medianMs) }) : duration(medianMs);
}

/** How many stand in a state, how many of them for too long, and how long half of those stayed who left it. */
export function badgeOf(map: MachineMap, { state, count, overdueCount }: StateFigures): string {
  const stay = stayText(map, state);
  return [
    count > 0 ? integer(count) : '',
    overdueCount > 0 ? `⚠${integer(overdueCount)}` : '',
    stay === null ? '' : `◷${stay}`,
  ]
    .filter((text) => text !== '')
    .join(' ');
}

/** What the picture says in figures, in words: by state and transition. */
export function notesOf(map: MachineMap, root: string): ReadonlyMap<string, string> {
  const states = map.machine.states.map(({ state, count, overdueCount }) => {
    const stay = stayText(map, state);
    const parts = [
      `${t('machine.count')} ${integer(count)}`,
      overdueCount > 0 ? `${t('machine.overdue')} ${integer(overdueCount)}` : '',
      stay === null ? '' : t('traffic.stay', { length: stay }),
    ];
    return [`${root}.${state}`, parts.filter((part) => part !== '').join(' · ')] as const;
  });
  return new Map([
    ...states,
    ...map.edges.map(({ id, count }) => [id, t('traffic.times', { n: integer(count) })] as const),
  ]);
}

/** Where to look first: most overdue, else most under way, else where the busiest step begins. */
export function hottestOf({ machine, edges }: MachineMap, root: string): string | undefined {
  const most = (figure: (one: StateFigures) => number) =>
    machine.states
      .filter((one) => figure(one) > 0)
      .sort((a, b) => figure(b) - figure(a))
      .map(({ state }) => `${root}.${state}`)[0];
  const underWay = most(({ count, slaSeconds }) => (slaSeconds > 0 ? count : 0));
  return most(({ overdueCount }) => overdueCount) ?? underWay ?? edges[0]?.id.split('|')[0];
}

interface BusiestProps {
  readonly chart: Chart;
  readonly map: MachineMap;
  readonly hours: '1' | '24';
  readonly href: HrefWith;
}

/** The steps most often taken, and the time that is meant. */
export function Busiest({ chart, map, hours, href }: BusiestProps) {
  const titles = new Map(chart.nodes.map(({ id, title }) => [id, title]));
  const titleOf = (id: string) => titles.get(id) ?? id;
  // Those of other versions are not in this chart.
  const known = map.edges.flatMap(({ id, count }) => {
    const edge = chart.edges.find((one) => one.id === id);
    if (edge === undefined) return [];
    const goal = edge.targets.map(titleOf).join(' · ') || t('preview.stays');
    return [{ id, count, step: edge.text, way: `${titleOf(edge.source)} → ${goal}` }];
  });
  const rows = known.slice(0, BUSIEST);
  return (
    <Panel
      title={t('traffic.title')}
      aside={
        <Choice
          label={t('traffic.hours')}
          value={hours}
          options={[
            ['1', t('traffic.hour')],
            ['24', t('traffic.day')],
          ]}
          onChange={(chosen) => navigate(href({ hours: chosen === '1' ? null : chosen }), { replace: true })}
        />
      }
    >
      {rows.length === 0 ? (
        <Empty title={t('traffic.none')} />
      ) : (
        <Table
          label={t('traffic.title')}
          rows={rows}
          keyOf={({ id }) => id}
          columns={[
            { title: t('traffic.step'), isWide: true, cell: ({ step }) => step },
            { title: t('traffic.way'), isWide: true, cell: ({ way }) => way },
            { title: t('traffic.count'), isNumber: true, cell: ({ count }) => integer(count) },
          ]}
        />
      )}
    </Panel>
  );
}

interface StatesProps {
  readonly map: MachineMap;
  readonly state: string | null;
  readonly href: HrefWith;
}

/** Each state's figures; it leads to who stands in it. */
export function States(props: StatesProps) {
  return (
    <Panel title={t('machine.states')}>{useIsNarrow() ? <StateStrip {...props} /> : <StateTable {...props} />}</Panel>
  );
}

/** On a phone, where a card for each state would be a long way to scroll. */
function StateStrip({ map, state, href }: StatesProps) {
  return (
    <ul class="strip">
      {map.machine.states.map((one) => (
        <li key={one.state}>
          <a href={href({ state: one.state })} aria-current={one.state === state ? 'true' : undefined}>
            <Chip tone={toneOf(one)}>
              {inLocale(one.title)} {badgeOf(map, one)}
            </Chip>
          </a>
        </li>
      ))}
    </ul>
  );
}

type StateFigures = MachineSummary['states'][number];

function toneOf({ count, overdueCount }: StateFigures): Tone {
  if (overdueCount > 0) return 'bad';
  return count > 0 ? 'info' : 'muted';
}

function StateTable({ map, state, href }: StatesProps) {
  const { machine, dwells } = map;
  return (
    <Table
      label={t('machine.states')}
      rows={machine.states}
      keyOf={({ state }) => state}
      hrefOf={({ state }) => href({ state })}
      columns={[
        {
          title: t('machine.state'),
          cell: (one) => (
            <a href={href({ state: one.state })} aria-current={one.state === state ? 'true' : undefined}>
              <Chip tone={toneOf(one)}>{inLocale(one.title)}</Chip>
            </a>
          ),
        },
        { title: t('machine.count'), isNumber: true, cell: ({ count }) => integer(count) },
        {
          title: t('machine.overdue'),
          isNumber: true,
          cell: ({ overdueCount }) =>
            overdueCount > 0 ? <Chip tone="bad">⚠ {integer(overdueCount)}</Chip> : integer(0),
        },
        { title: t('machine.stay'), isNumber: true, cell: ({ state }) => stayText(map, state) ?? '–' },
        {
          title: t('machine.left'),
          isNumber: true,
          cell: ({ state }) => integer(dwells.find((one) => one.state === state)?.count ?? 0),
        },
        {
          title: t('machine.sla'),
          isNumber: true,
          cell: ({ slaSeconds }) => (slaSeconds > 0 ? duration(slaSeconds * 1000) : '–'),
        },
      ]}
    />
  );
}
