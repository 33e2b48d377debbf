/** The small things that every page is made of. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { now, useNow } from '../lib/clock.ts';
import { dateTime, duration, money, relative, shortTime } from '../lib/format.ts';
import { actorHref } from '../lib/router.ts';
import { shown } from '../lib/shown.ts';
import { timeOf } from '../lib/time-of.ts';
import { inLocale, t } from '../lib/words.ts';

export type Tone = 'plain' | 'ok' | 'warn' | 'bad' | 'info' | 'muted';

/** A short fact with a colour and, since colour alone is no sign, a mark. */
export function Chip({ tone = 'plain', children }: { tone?: Tone; children: ComponentChildren }) {
  return <span class={`chip ${tone}`}>{children}</span>;
}

const GOOD_ENDS = new Set(['paid', 'released', 'done', 'approved', 'attributed']);
const BAD_ENDS = new Set(['failed', 'denied', 'rejected', 'closed', 'manual', 'stalled', 'frozen', 'invalid']);
const DOUBTFUL = new Set(['unknown', 'postponed', 'review', 'asking', 'unattributed']);

/** The colour of a state by its words; of parallel ones the first says how it is. */
function toneOfState(state: string): Tone {
  const words = (state.split(',')[0] ?? '').split('.');
  if (words.some((word) => BAD_ENDS.has(word))) return 'bad';
  if (words.some((word) => DOUBTFUL.has(word))) return 'warn';
  return words.some((word) => GOOD_ENDS.has(word)) ? 'ok' : 'info';
}

export function StateChip({ state, title }: { state: string; title: { zh: string; en: string } }) {
  return (
    <span class={`chip state ${toneOfState(state)}`} title={state}>
      {inLocale(title)}
    </span>
  );
}

export function Amount({ fen }: { fen: number | null }) {
  return fen === null ? (
    <span class="muted">–</span>
  ) : (
    <span class={fen < 0 ? 'amount minus' : 'amount'}>{money(fen)}</span>
  );
}

/** A moment; its full form on hover, how long ago beside it where there is room. */
export function Time({ at, withAge = false }: { at: number | string | null; withAge?: boolean }) {
  if (at === null) return <span class="muted">–</span>;
  const ms = timeOf(at);
  return (
    <time dateTime={new Date(ms).toISOString()} title={dateTime(ms)}>
      {withAge ? dateTime(ms) : shortTime(ms, now())}
      {withAge && (
        <span class="muted">
          {' '}
          <Age at={ms} />
        </span>
      )}
    </time>
  );
}

/** `3 分前`, going on by itself. */
export function Age({ at }: { at: number | string }) {
  return <span class="age">{relative(timeOf(at), useNow(1000))}</span>;
}

/** How long something has stood, against how long it may. */
export function Standing({ since, slaSeconds }: { since: number; slaSeconds: number }) {
  const length = useNow(1000) - since;
  const isOver = slaSeconds > 0 && length > slaSeconds * 1000;
  const standing = duration(length);
  return (
    <span class={isOver ? 'over' : ''}>
      {isOver && <span aria-hidden="true">⚠ </span>}
      {slaSeconds > 0 ? t('actor.standingOf', { standing, sla: duration(slaSeconds * 1000) }) : standing}
    </span>
  );
}

/** An address as a link to its page. */
export function ActorLink({ address, seq, children }: { address: string; seq?: number; children?: ComponentChildren }) {
  return (
    <a class="id" href={actorHref(address, seq)}>
      {typeof children === 'string' || children === undefined ? shown(children ?? address) : children}
    </a>
  );
}

export function Copy({ text }: { text: string }) {
  const [isDone, setDone] = useState(false);
  const copy = () => {
    void navigator.clipboard?.writeText(text).then(() => {
      setDone(true);
      setTimeout(() => setDone(false), 1500);
    });
  };
  return (
    <button type="button" class="quiet small" onClick={copy} aria-label={t('copy.label', { text })}>
      {isDone ? t('copy.done') : t('copy')}
    </button>
  );
}

/** Data as it is, for those who want to see it. */
export function Json({ of }: { of: unknown }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled by keys
    <pre class="json" tabIndex={0}>
      {JSON.stringify(of, null, 1)}
    </pre>
  );
}

/** Why something cannot be done. */
export function Locked({ children }: { children: ComponentChildren }) {
  return (
    <>
      <svg class="lock" viewBox="0 0 12 14" aria-hidden="true">
        <path d="M3 6V4a3 3 0 0 1 6 0v2M1.5 6h9v7h-9z" />
      </svg>{' '}
      {children}
    </>
  );
}

/** A titled part of a page. */
export function Panel(props: {
  title: string;
  aside?: ComponentChildren;
  children: ComponentChildren;
  class?: string;
  id?: string;
}) {
  const { title, aside, children, id } = props;
  return (
    <section class={`panel ${props.class ?? ''}`} aria-label={title} id={id}>
      <header>
        <h2>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
}

export function PageHead({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <header class="page-head">
      <h1>{shown(title)}</h1>
      <div class="page-tools">{children}</div>
    </header>
  );
}

/** One of a few, all in view. */
export function Choice<T extends string>(props: {
  label: string;
  value: T;
  options: readonly (readonly [T, string])[];
  onChange: (value: T) => void;
}) {
  return (
    <fieldset class="choice">
      <legend class="unseen">{props.label}</legend>
      {props.options.map(([value, text]) => (
        <button key={value} type="button" aria-pressed={value === props.value} onClick={() => props.onChange(value)}>
          {text}
        </button>
      ))}
    </fieldset>
  );
}
