/** The statechart of an actor: whole, cut down to where it is, or as a list. */
import { useEffect, useState } from 'preact/hooks';
import type { Waiting } from '../../console-api/schemas.ts';
import type { Chart } from '../../graph/graph-types.ts';
import { ChartView } from '../chart/chart-view.tsx';
import type { Moment } from '../chart/lighting.ts';
import { Outline } from '../chart/outline.tsx';
import { actorPath } from '../lib/api.ts';
import { useKeys } from '../lib/keys.ts';
import type { Observable } from '../lib/observable.ts';
import { type Resource, useResource } from '../lib/resource.ts';
import { chartQuery } from '../lib/titles.ts';
import { useIsNarrow } from '../lib/width.ts';
import { t } from '../lib/words.ts';
import { Choice, Panel } from '../ui/atoms.tsx';
import { Loaded } from '../ui/views.tsx';
import type { History } from './history.ts';
import { StateDialog } from './state-dialog.tsx';

export type LiveMoment = Moment & { readonly isLive: boolean };
type Mode = 'full' | 'focus' | 'list';

interface ChartPanelProps {
  readonly address: string;
  readonly whole: Resource<Chart>;
  /** Innermost active states of the moment being viewed, once it is at rest. */
  readonly leaves: readonly string[];
  readonly moment: Observable<LiveMoment>;
  readonly waiting: readonly Waiting[];
  readonly history: History;
  readonly onView: (seq: number) => void;
  /** Which version wrote what is viewed, and whether the server runs another. */
  readonly machine: string;
  readonly isOtherVersion: boolean;
  readonly children: preact.ComponentChildren;
}

export function ChartPanel(props: ChartPanelProps) {
  const { address, whole, leaves, moment, waiting, history, onView, machine, isOtherVersion, children } = props;
  const isNarrow = useIsNarrow();
  const [mode, setMode] = useState<Mode>(isNarrow ? 'focus' : 'full');
  const [picked, setPicked] = useState<string | null>(null);
  const version = isOtherVersion ? machine : undefined;
  const focused = useResource<Chart>(
    mode === 'focus' && leaves.length > 0
      ? `${actorPath(address)}/${chartQuery(true, { version, focus: leaves })}`
      : null,
  );
  const [drawn, setDrawn] = useState<Chart | undefined>(undefined);
  const wanted = mode === 'focus' ? focused.data : whole.data;
  useEffect(() => {
    if (wanted !== undefined) setDrawn(wanted);
  }, [wanted]);
  const isUnknown = whole.error?.code === 'VERSION_UNKNOWN';
  useKeys({ f: () => setMode(mode === 'focus' ? 'full' : 'focus') });
  const badges = useBadges(waiting, drawn);
  return (
    <Panel
      title={t('chart.title')}
      class="chart-panel"
      aside={
        <Choice
          label={t('chart.mode')}
          value={mode}
          options={[
            ['full', t('chart.full')],
            ['focus', t('chart.focus')],
            ['list', t('chart.list')],
          ]}
          onChange={setMode}
        />
      }
    >
      {isUnknown && (
        <>
          <p class="notice">{t('chart.noVersion', { version: machine })}</p>
          <StatesSeen history={history} leaves={leaves} onView={onView} />
        </>
      )}
      {!isUnknown && (
        <Loaded of={whole} lines={6}>
          {(chart) => (
            <>
              {isOtherVersion && <p class="notice">{t('chart.otherVersion', { version: machine })}</p>}
              {mode !== 'list' && (
                <ChartView
                  chart={drawn ?? chart}
                  label={t('chart.title')}
                  moment={moment}
                  badges={badges}
                  onPick={setPicked}
                  isTall={isNarrow}
                />
              )}
              <Outline items={chart.outline} active={new Set(leaves)} isHidden={mode !== 'list'} />
              {picked !== null && (
                <StateDialog
                  chart={chart}
                  id={picked}
                  history={history}
                  onView={(seq) => {
                    setPicked(null);
                    onView(seq);
                  }}
                  onClose={() => setPicked(null)}
                />
              )}
            </>
          )}
        </Loaded>
      )}
      {children}
    </Panel>
  );
}

/** Without a chart: the states it has been in, by their own names. */
function StatesSeen({ history, leaves, onView }: Pick<ChartPanelProps, 'history' | 'leaves' | 'onView'>) {
  const last = new Map(history.rows.map(({ state, seq }) => [state, seq]));
  const isActive = (state: string) => history.activeIn(state).every((id) => leaves.includes(id));
  return (
    <ul class="outline">
      {[...last].map(([state, seq]) => (
        <li key={state} class={isActive(state) ? 'active' : ''} aria-current={isActive(state) ? 'true' : undefined}>
          <strong>{state}</strong>{' '}
          <button type="button" class="small" onClick={() => onView(seq)}>
            #{seq}
          </button>
        </li>
      ))}
    </ul>
  );
}

/** A clock on each state that a timer will leave. The timer's id ends in the state's. */
function useBadges(waiting: readonly Waiting[], chart: Chart | undefined): ReadonlyMap<string, string> {
  const [badges, setBadges] = useState<ReadonlyMap<string, string>>(new Map());
  useEffect(() => {
    const next = new Map<string, string>();
    for (const { kind, id } of waiting) {
      const node = kind === 'timer' ? chart?.nodes.findLast((candidate) => id.endsWith(`.${candidate.id}`)) : undefined;
      if (node !== undefined) next.set(node.id, '◷');
    }
    if ([...next.keys()].join() !== [...badges.keys()].join()) setBadges(next);
  }, [waiting, chart]);
  return badges;
}
