/** The chart as a nested list: what a screen reader reads, and what anybody may choose to read. */
import type { OutlineItem } from '../../graph/graph-types.ts';
import { t } from '../lib/words.ts';

interface OutlineProps {
  readonly items: readonly OutlineItem[];
  readonly active: ReadonlySet<string>;
  readonly isHidden: boolean;
  /** What else there is to say of a state or transition, by its id. */
  readonly notes?: ReadonlyMap<string, string>;
}

const NO_NOTES: ReadonlyMap<string, string> = new Map();

export function Outline({ items, active, isHidden, notes = NO_NOTES }: OutlineProps) {
  return (
    <div class={isHidden ? 'unseen' : 'outline'}>
      <h3 class="unseen">{t('chart.outline')}</h3>
      <Items items={items} active={active} notes={notes} />
    </div>
  );
}

function Items({ items, active, notes }: Required<Omit<OutlineProps, 'isHidden'>>) {
  return (
    <ul>
      {items.map((item) => (
        <li
          key={item.id}
          aria-current={active.has(item.id) ? 'true' : undefined}
          class={active.has(item.id) ? 'active' : ''}
        >
          <strong>{item.title}</strong> {item.note !== '' && <span class="chip muted">{item.note}</span>}{' '}
          <span class="muted">{item.help}</span> {notes.get(item.id)}
          {item.transitions.length > 0 && (
            <ul class="transitions">
              {item.transitions.map((transition) => (
                <li key={transition.id}>
                  {transition.text} {notes.get(transition.id)}
                </li>
              ))}
            </ul>
          )}
          {item.children.length > 0 && <Items items={item.children} active={active} notes={notes} />}
        </li>
      ))}
    </ul>
  );
}
