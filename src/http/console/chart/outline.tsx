/** The chart as a nested list: what a screen reader reads, and what anybody may choose to read. */
import type { OutlineItem } from '../../graph/graph-types.ts';
import { t } from '../lib/words.ts';

export function Outline(props: { items: readonly OutlineItem[]; active: ReadonlySet<string>; isHidden: boolean }) {
  return (
    <div class={props.isHidden ? 'unseen' : 'outline'}>
      <h3 class="unseen">{t('chart.outline')}</h3>
      <Items items={props.items} active={props.active} />
    </div>
  );
}

function Items({ items, active }: { items: readonly OutlineItem[]; active: ReadonlySet<string> }) {
  return (
    <ul>
      {items.map((item) => (
        <li
          key={item.id}
          aria-current={active.has(item.id) ? 'true' : undefined}
          class={active.has(item.id) ? 'active' : ''}
        >
          <strong>{item.title}</strong> {item.note !== '' && <span class="chip muted">{item.note}</span>}{' '}
          <span class="muted">{item.help}</span>
          {item.transitions.length > 0 && (
            <ul class="transitions">
              {item.transitions.map((transition) => (
                <li key={transition.id}>{transition.text}</li>
              ))}
            </ul>
          )}
          {item.children.length > 0 && <Items items={item.children} active={active} />}
        </li>
      ))}
    </ul>
  );
}
