/** Whether what is shown is live; if not, since when. */

import { useNow } from '../lib/clock.ts';
import { clockTime, relative } from '../lib/format.ts';
import { live } from '../lib/live.ts';
import { useObservable } from '../lib/observable.ts';
import { t } from '../lib/words.ts';

const DOTS = { live: '●', connecting: '◐', offline: '○' } as const;

export function LiveDot() {
  const { state, since } = useObservable(live);
  return (
    <span class={`live-dot ${state}`} data-live={state} title={t('live.since', { at: clockTime(since) })}>
      <span aria-hidden="true">{DOTS[state]}</span> {t(`live.${state}`)}
    </span>
  );
}

export function OfflineBand() {
  const { state, since } = useObservable(live);
  const now = useNow(5000);
  if (state !== 'offline') return null;
  return (
    <p class="offline" role="status">
      {t('live.offlineBand', { at: clockTime(since), age: relative(since, now) })}
    </p>
  );
}
