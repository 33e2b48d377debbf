/** The journal as rows, newest first. Only what is in view is drawn, so its length does not matter. */
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { JournalRow } from '../../console-api/schemas.ts';
import { dateTime, duration, integer } from '../lib/format.ts';
import { type Observable, useObservable } from '../lib/observable.ts';
import { shown } from '../lib/shown.ts';
import { inLocale, t } from '../lib/words.ts';
import { TraceLink } from '../ui/outside.tsx';
import { Empty, Skeleton } from '../ui/views.tsx';
import { CAUSES, type Cause, CauseMark, causeOf } from './cause.tsx';
import type { History } from './history.ts';

interface TimelineProps {
  readonly history: History;
  readonly version: number;
  readonly cursor: Observable<number | null>;
  readonly titleOf: (state: string) => string;
  readonly onOpen: (seq: number) => void;
}

/** Rows in a row that say the same are one, unless something failed in them. */
interface Item {
  readonly row: JournalRow;
  /** State before it. */
  readonly from: string | null;
  readonly count: number;
  readonly firstAt: number;
}

const ROW_PX = 52;
const SHOWN_ROWS = 9;
const SPARE_ROWS = 4;

export function Timeline({ history, version, cursor, titleOf, onOpen }: TimelineProps) {
  const [cause, setCause] = useState<Cause | 'all'>('all');
  const [isCompact, setCompact] = useState(true);
  const items = useMemo(() => itemsOf(history.rows, cause, isCompact), [history, version, cause, isCompact]);
  if (history.lastSeq === 0) return <Skeleton />;
  return (
    <>
      <div class="timeline-tools">
        <label>
          {t('timeline.cause')}{' '}
          <select value={cause} onChange={(event) => setCause(event.currentTarget.value as Cause | 'all')}>
            <option value="all">{t('timeline.all')}</option>
            {CAUSES.map((choice) => (
              <option key={choice} value={choice}>
                {t(`cause.${choice}`)}
              </option>
            ))}
          </select>
        </label>
        <label>
          <input type="checkbox" checked={isCompact} onChange={(event) => setCompact(event.currentTarget.checked)} />{' '}
          {t('timeline.compact')}
        </label>
        <span class="muted">{t('timeline.count', { n: integer(history.lastSeq) })}</span>
      </div>
      {items.length === 0 ? (
        <Empty title={t('timeline.none')} />
      ) : (
        <Window items={items} cursor={cursor} titleOf={titleOf} onOpen={onOpen} />
      )}
    </>
  );
}

function itemsOf(rows: readonly JournalRow[], cause: Cause | 'all', isCompact: boolean): readonly Item[] {
  const items: Item[] = [];
  for (let index = rows.length - 1; index >= 0; index -= 1) {
    const row = rows[index] as JournalRow;
    if (cause !== 'all' && causeOf(row) !== cause) continue;
    const newer = items.at(-1);
    const from = rows[index - 1]?.state ?? null;
    if (isCompact && newer !== undefined && isSame(newer.row, row) && newer.from === row.state) {
      items[items.length - 1] = { ...newer, from, count: newer.count + 1, firstAt: row.at };
    } else items.push({ row, from, count: 1, firstAt: row.at });
  }
  return items;
}

function isSame(a: JournalRow, b: JournalRow): boolean {
  const words = ({ state, messages }: JournalRow) => `${state} ${messages.map(({ event }) => event).join()}`;
  const isPlain = ({ messages }: JournalRow) =>
    messages.every(({ outcome }) => outcome === 'done' || outcome === 'ignored');
  return isPlain(a) && isPlain(b) && words(a) === words(b);
}

type WindowProps = Pick<TimelineProps, 'cursor' | 'titleOf' | 'onOpen'> & { readonly items: readonly Item[] };

function Window({ items, cursor, titleOf, onOpen }: WindowProps) {
  const current = useObservable(cursor);
  const frame = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const selected =
    current === null ? -1 : items.findIndex(({ row, count }) => row.seq >= current && row.seq - count < current);
  useLayoutEffect(() => {
    const element = frame.current;
    if (element === null || selected < 0) return;
    const at = selected * ROW_PX;
    if (at < element.scrollTop || at + ROW_PX > element.scrollTop + element.clientHeight) {
      element.scrollTop = at - element.clientHeight / 2 + ROW_PX;
    }
  }, [selected]);
  const from = Math.max(0, Math.floor(top / ROW_PX) - SPARE_ROWS);
  const shown = items.slice(from, from + SHOWN_ROWS + 2 * SPARE_ROWS);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a list's rows cannot be placed freely
    <div
      ref={frame}
      class="timeline"
      role="list"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled by keys
      tabIndex={0}
      aria-label={t('timeline.title')}
      style={{ height: `${Math.min(items.length, SHOWN_ROWS) * ROW_PX}px` }}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
    >
      <div class="timeline-space" style={{ height: `${items.length * ROW_PX}px` }}>
        {shown.map((item, index) => (
          <Row
            key={item.row.seq}
            item={item}
            top={(from + index) * ROW_PX}
            isSelected={from + index === selected}
            titleOf={titleOf}
            onView={() => cursor.set(item.row.seq === items[0]?.row.seq && index + from === 0 ? null : item.row.seq)}
            onOpen={() => onOpen(item.row.seq)}
          />
        ))}
      </div>
    </div>
  );
}

interface RowProps {
  readonly item: Item;
  readonly top: number;
  readonly isSelected: boolean;
  readonly titleOf: (state: string) => string;
  readonly onView: () => void;
  readonly onOpen: () => void;
}

function Row({ item: { row, from, count, firstAt }, top, isSelected, titleOf, onView, onOpen }: RowProps) {
  const bad = row.messages.find(({ outcome }) => outcome === 'refused' || outcome === 'parked');
  const by = row.messages.find((message) => message.by !== null)?.by;
  const titles = [...new Set(row.messages.map(({ title }) => inLocale(title)))];
  return (
    // biome-ignore lint/a11y/useSemanticElements: see the list
    <div
      role="listitem"
      class={`timeline-row ${isSelected ? 'selected' : ''} ${bad === undefined ? '' : 'bad'}`}
      style={{ top: `${top}px` }}
      aria-current={isSelected ? 'step' : undefined}
    >
      <CauseMark cause={causeOf(row)} />
      <button type="button" class="timeline-main" onClick={onView} title={t('timeline.view')}>
        <span class="what">
          <b>{titles.slice(0, 3).join(t('list.comma'))}</b>
          {row.messages.length > 3 && <span class="muted"> {t('timeline.messages', { n: row.messages.length })}</span>}
          {count > 1 && <span class="chip muted">×{count}</span>}
          {bad !== undefined && (
            <span class="chip bad">
              {t(`outcome.${bad.outcome}`)}
              {bad.reason !== null && ` ${bad.reason}`}
            </span>
          )}
        </span>
        <span class="where muted">
          <time>{dateTime(row.at)}</time>
          {count > 1 && ` (${duration(row.at - firstAt)})`} ·{' '}
          {from !== null && from !== row.state ? `${titleOf(from)} → ${titleOf(row.state)}` : titleOf(row.state)}
          {by !== undefined && by !== null && ` · ${shown(by)}`}
        </span>
      </button>
      <TraceLink traceId={row.traceId} label={t('trace.of', { seq: row.seq })} />
      <button type="button" class="quiet small seq" onClick={onOpen} aria-label={t('timeline.open', { seq: row.seq })}>
        #{row.seq}
      </button>
    </div>
  );
}
