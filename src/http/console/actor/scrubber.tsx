/** The whole history on one line: drag, step, jump or play through it. */
import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { dateTime, integer } from '../lib/format.ts';
import { useKeys } from '../lib/keys.ts';
import { type Observable, useObservable } from '../lib/observable.ts';
import { inLocale, t } from '../lib/words.ts';
import { CAUSES, type Cause, causeOf } from './cause.tsx';
import type { History } from './history.ts';

interface ScrubberProps {
  readonly history: History;
  readonly version: number;
  /** The seq being viewed; null is the present. */
  readonly cursor: Observable<number | null>;
}

const SPEEDS = [1, 4, 16] as const;
const STEPS_PER_SECOND = 2;

export function Scrubber({ history, version, cursor }: ScrubberProps) {
  const current = useObservable(cursor);
  const { lastSeq } = history;
  const seq = current ?? lastSeq;
  const go = (to: number) => cursor.set(to >= lastSeq ? null : Math.max(history.firstSeq, to));
  const [speed, setSpeed] = usePlayback(history, cursor);
  useKeys({
    ArrowLeft: () => go(seq - 1),
    ArrowRight: () => go(seq + 1),
    Home: () => go(1),
    End: () => cursor.set(null),
    ' ': (event) => {
      if ((event.target as Element).closest('button,a,[role=button]') !== null) return;
      event.preventDefault();
      setSpeed(speed === 0 ? 1 : 0);
    },
  });
  if (lastSeq === 0) return <div class="scrubber" />;
  return (
    <div class="scrubber">
      <div class="track">
        <Ticks history={history} version={version} />
        <input
          type="range"
          min={1}
          max={Math.max(lastSeq, 2)}
          value={seq}
          disabled={lastSeq < 2}
          aria-label={t('scrubber.label')}
          aria-valuetext={stepText(history, seq)}
          onInput={(event) => go(Number(event.currentTarget.value))}
          onKeyDown={(event) => {
            if (event.key === ' ') setSpeed(speed === 0 ? 1 : 0);
            if (/^(Arrow|Home|End| )/.test(event.key)) event.stopPropagation();
          }}
        />
      </div>
      <div class="scrubber-line">
        <span class="steps">
          <Step label={t('scrubber.first')} onClick={() => go(1)}>
            ⇤
          </Step>
          <Step label={t('scrubber.back')} onClick={() => go(seq - 1)}>
            ←
          </Step>
          <Step
            label={speed === 0 ? t('scrubber.play') : t('scrubber.pause')}
            onClick={() => setSpeed(speed === 0 ? 1 : 0)}
          >
            {speed === 0 ? '▶' : '❚❚'}
          </Step>
          <Step label={t('scrubber.on')} onClick={() => go(seq + 1)}>
            →
          </Step>
          <Step label={t('scrubber.live')} onClick={() => cursor.set(null)}>
            ⇥
          </Step>
          {speed > 0 &&
            SPEEDS.map((choice) => (
              <button
                key={choice}
                type="button"
                class="small"
                aria-pressed={speed === choice}
                onClick={() => setSpeed(choice)}
              >
                ×{choice}
              </button>
            ))}
        </span>
        <output class="step-text" data-seq={seq}>
          {stepText(history, seq)}
        </output>
      </div>
    </div>
  );
}

function Step({ label, onClick, children }: { label: string; onClick: () => void; children: ComponentChildren }) {
  return (
    <button type="button" class="quiet" title={label} aria-label={label} onClick={onClick}>
      {children}
    </button>
  );
}

/** `第 17 步，共 42 步 · 2026-11-20 09:14:03 · 打款超时（定时）`. */
function stepText(history: History, seq: number): string {
  const row = history.at(seq);
  const place = t('scrubber.step', { seq: integer(seq), last: integer(history.lastSeq) });
  if (row === undefined) return `${place} · ${t('view.loading')}`;
  const events = row.messages.map(({ title }) => inLocale(title));
  const shown = events.length > 3 ? [...events.slice(0, 2), t('scrubber.more', { n: events.length - 2 })] : events;
  return [place, dateTime(row.at), shown.join(t('list.comma')), t(`cause.${causeOf(row)}`)].join(' · ');
}

/** Steps on by itself; 0 stands still. It stops at the present. */
function usePlayback(history: History, cursor: Observable<number | null>): [number, (speed: number) => void] {
  const [speed, setSpeed] = useState(0);
  useEffect(() => {
    if (speed === 0) return;
    if (cursor.get() === null) cursor.set(history.firstSeq);
    let [frame, last, rest] = [0, performance.now(), 0];
    const step = (time: number) => {
      rest += ((time - last) / 1000) * STEPS_PER_SECOND * speed;
      last = time;
      const steps = Math.floor(rest);
      rest -= steps;
      const next = (cursor.get() ?? history.lastSeq) + steps;
      if (next >= history.lastSeq) {
        cursor.set(null);
        setSpeed(0);
        return;
      }
      if (steps > 0) cursor.set(next);
      frame = requestAnimationFrame(step);
    };
    frame = requestAnimationFrame(step);
    return () => cancelAnimationFrame(frame);
  }, [speed, history, cursor]);
  return [speed, setSpeed];
}

const TRACK_PX = 1200;
/** Nothing happened for so long: seen as a gap mark, since all steps are equally wide. */
const IDLE_MS = 3_600_000;

/** One tick per record, coloured by its cause, at most one per pixel and cause however long the history. */
function Ticks({ history, version }: { history: History; version: number }) {
  const paths = useMemo(() => ticksOf(history), [history, version]);
  return (
    <svg class="ticks" viewBox={`0 0 ${TRACK_PX} 20`} preserveAspectRatio="none" aria-hidden="true">
      <path class="idle" d={paths.idle} />
      {CAUSES.map((cause) => (
        <path key={cause} class={cause} d={paths.ticks.get(cause) ?? ''} />
      ))}
    </svg>
  );
}

function ticksOf(history: History): { ticks: ReadonlyMap<Cause, string>; idle: string } {
  const ticks = new Map<Cause, string>();
  const lastPixel = new Map<Cause, number>();
  const span = Math.max(1, history.lastSeq - 1);
  let [idle, before] = ['', 0];
  for (const row of history.rows) {
    const x = Math.round(((row.seq - 1) / span) * TRACK_PX);
    const cause = causeOf(row);
    if (lastPixel.get(cause) !== x) {
      ticks.set(cause, `${ticks.get(cause) ?? ''}M${x} 4V16`);
      lastPixel.set(cause, x);
    }
    if (before > 0 && row.at - before > IDLE_MS && history.rows.length < 300) {
      idle += `M${x - TRACK_PX / span / 2} 8v4`;
    }
    before = row.at;
  }
  return { ticks, idle };
}
