/** What one state means, and when it was entered. */
import type { Chart } from '../../graph/graph-types.ts';
import { dateTime, duration } from '../lib/format.ts';
import { t } from '../lib/words.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Empty } from '../ui/views.tsx';
import type { History } from './history.ts';

interface StateDialogProps {
  readonly chart: Chart;
  readonly id: string;
  readonly history: History | null;
  readonly onView?: (seq: number) => void;
  readonly onClose: () => void;
}

const SHOWN_ENTRIES = 50;

export function StateDialog({ chart, id, history, onView, onClose }: StateDialogProps) {
  const node = chart.nodes.find((candidate) => candidate.id === id);
  if (node === undefined) return null;
  const ways = chart.edges.filter(({ source, kind }) => source === id && kind !== 'initial');
  return (
    <Dialog title={node.title} onClose={onClose}>
      <p>{node.help}</p>
      <p class="muted">
        <code>{id}</code> ·{' '}
        {node.slaSeconds > 0 ? t('state.sla', { sla: duration(node.slaSeconds * 1000) }) : t('state.noSla')}
      </p>
      {ways.length > 0 && (
        <>
          <h3>{t('state.ways')}</h3>
          <ul class="plain">
            {ways.map((edge) => (
              <li key={edge.id}>
                {edge.text} →{' '}
                {edge.targets
                  .map((target) => chart.nodes.find((other) => other.id === target)?.title ?? target)
                  .join(' · ') || t('preview.stays')}
              </li>
            ))}
          </ul>
        </>
      )}
      {history !== null && (
        <>
          <h3>{t('state.visits')}</h3>
          {history.visitedAt(id).length === 0 && <Empty title={t('state.never')} />}
          <ul class="plain entries">
            {history
              .visitedAt(id)
              .slice(-SHOWN_ENTRIES)
              .reverse()
              .map((seq) => (
                <li key={seq}>
                  <button type="button" class="small" onClick={() => onView?.(seq)}>
                    #{seq}
                  </button>{' '}
                  {dateTime(history.at(seq)?.at ?? 0)}
                </li>
              ))}
          </ul>
        </>
      )}
    </Dialog>
  );
}
