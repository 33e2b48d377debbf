/** Names of states as the chart shows them: `打款中 · 结果未知`. */
import type { Chart } from '../../graph/graph-types.ts';
import { actorPath } from './api.ts';
import { locale } from './preferences.ts';
import { type Resource, useResource } from './resource.ts';
import { useIsNarrow } from './width.ts';

export type TitleOf = (state: string) => string;

interface Drawn {
  /** Of the machine; the one the server runs when left out. */
  readonly version?: string | undefined;
  /** Cut down to these active states. */
  readonly focus?: readonly string[];
}

/** The query of a chart, in the chosen language. */
export function chartQuery(isNarrow: boolean, { version, focus = [] }: Drawn = {}): string {
  const query = new URLSearchParams({ direction: isNarrow ? 'down' : 'right', locale: locale.get() });
  if (version !== undefined) query.set('version', version);
  if (focus.length > 0) query.set('focus', focus.join(','));
  return `graph?${query}`;
}

/** The whole chart, for the width of the screen. */
export function useChart(address: string, version?: string): Resource<Chart> {
  return useResource<Chart>(`${actorPath(address)}/${chartQuery(useIsNarrow(), { version })}`);
}

/** States as the journal names them (leaves joined by commas) to titles; itself for one that is not in the chart. */
export function titlesOf(chart: Chart | undefined): TitleOf {
  const root = chart?.nodes[0]?.id;
  const titles = new Map(chart?.nodes.map(({ id, title }) => [id, title]));
  return (state) =>
    state
      .split(',')
      .map((leaf) => titles.get(`${root}.${leaf}`) ?? leaf)
      .join(' · ');
}
