/** What is going on: where it is, what it waits for, what the customer sees, what to answer, what one may do. */
import type { Sentence, Waiting } from '../../console-api/schemas.ts';
import { now, useNow } from '../lib/clock.ts';
import { clockTime, countdown, duration } from '../lib/format.ts';
import { inLocale, t } from '../lib/words.ts';
import { Chip } from '../ui/atoms.tsx';
import { TraceLink } from '../ui/outside.tsx';
import { Empty } from '../ui/views.tsx';

export function GoingOn({ sentences }: { sentences: readonly Sentence[] }) {
  return (
    <dl class="going-on">
      {sentences.map(({ kind, text }) => (
        <div key={kind + text.zh} class={kind}>
          <dt>{t(`sentence.${kind}`)}</dt>
          <dd>{inLocale(text)}</dd>
        </div>
      ))}
    </dl>
  );
}

interface WaitingListProps {
  readonly waiting: readonly Waiting[];
  /** As it was then, so nothing counts down. */
  readonly isPast: boolean;
  /** Of the record of that seq. */
  readonly traceOf: (seq: number) => string | null | undefined;
}

/** Timers and open calls, each with the time left. */
export function WaitingList({ waiting, isPast, traceOf }: WaitingListProps) {
  useNow(1000);
  if (waiting.length === 0) return <Empty title={t('waiting.none')} />;
  return (
    <ul class="waiting">
      {waiting.map((entry) => (
        <li key={entry.id}>
          <span class={`cause ${entry.kind}`} aria-hidden="true">
            {entry.kind === 'timer' ? '◷' : '⇄'}
          </span>
          <span class="what">
            <b>{inLocale(entry.title)}</b>
            {entry.kind === 'call' && (
              <span class="muted">
                {' '}
                {t('waiting.attempt', { n: entry.attempt })}
                {entry.phase !== null && ` · ${t(`phase.${entry.phase}`)}`}
              </span>
            )}
            {entry.kind === 'call' && <code class="id-code">{entry.id}</code>}
            {entry.kind === 'call' && <TraceLink traceId={traceOf(entry.seq)} />}
          </span>
          <span class="when">
            {!isPast && (
              <b>
                {entry.dueAt > now()
                  ? countdown(entry.dueAt - now())
                  : t('waiting.since', { length: duration(now() - entry.dueAt) })}
              </b>
            )}
            <span class="muted">{clockTime(entry.dueAt)}</span>
          </span>
          {entry.isLate && !isPast && <Chip tone="bad">{t('waiting.late')}</Chip>}
        </li>
      ))}
    </ul>
  );
}
