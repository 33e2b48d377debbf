/** Names of states as the chart shows them: `打款中 · 结果未知`. */
import type { Chart } from '../../graph/graph-types.ts';
import { actorPath } from './api.ts';
import { locale } from './preferences.ts';
import { type Resource, useResource } from './resource.ts';
import { useIsNarrow } from './width.ts';

export type TitleOf = (state: string) => string;

/** The path of an actor's chart, in the chosen language; `focus`: cut down to these active states. */
export function chartPath(address: string, isNarrow: boolean, focus: readonly string[] = []): string {
  const query = new URLSearchParams({ direction: isNarrow ? 'down' : 'right', locale: locale.get() });
  if (focus.length > 0) query.set('focus', focus.join(','));
  return `${actorPath(address)}/graph?${query}`;
}

/** The whole chart, for the width of the screen. */
export function useChart(address: string): Resource<Chart> {
  const isNarrow = useIsNarrow();
  return useResource<Chart>(chartPath(address, isNarrow));
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
