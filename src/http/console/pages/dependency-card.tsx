/** One policy of a partner: its breaker here and on every process, its places, its pace, and what waits for it. */
import type { ComponentChildren } from 'preact';
import type { Dependency } from '../../console-api/operation-schemas.ts';
import { now, useNow } from '../lib/clock.ts';
import { clockTime, countdown, dateTime, integer, percent } from '../lib/format.ts';
import { linkTo } from '../lib/links.ts';
import { may } from '../lib/roles.ts';
import { hrefOf } from '../lib/router.ts';
import { inLocale, t, tOr } from '../lib/words.ts';
import { Chip, type Tone } from '../ui/atoms.tsx';
import { Outside } from '../ui/outside.tsx';

const TONES: Readonly<Record<string, Tone>> = {
  closed: 'ok',
  open: 'bad',
  probe_due: 'warn',
  half_open: 'warn',
  isolated: 'bad',
  shadow_open: 'warn',
};

export function toneOfDependency(state: string, isHeld: boolean): Tone {
  return isHeld ? 'bad' : (TONES[state] ?? 'muted');
}

export type Steer = 'hold' | 'release' | 'probe' | 'limit' | 'restore';

export function DependencyCard({ of, onSteer }: { of: Dependency; onSteer: (steer: Steer) => void }) {
  useNow(1000);
  const { dependency, policy, state, hold, isShadow } = of;
  return (
    <section class="dependency" aria-label={`${dependency} ${policy}`}>
      <header>
        <h2>
          {dependency} <span class="muted">/ {policy}</span>
        </h2>
        <Chip tone={toneOfDependency(state, hold !== null)}>
          {hold === null ? tOr(`dependency.${state}`, state) : t('dependency.held')}
        </Chip>
      </header>
      {isShadow && <p class="muted">{t('dependency.shadow')}</p>}
      <Steered of={of} />
      <Gauges of={of} />
      <Pace pace={of.pace} />
      <Instances instances={of.instances} />
      <p class="muted counts">
        {Object.entries(of.calls)
          .filter(([, count]) => count > 0)
          .map(([outcome, count]) => `${tOr(`call.${outcome}`, outcome)} ${integer(count)}`)
          .join(' · ') || t('dependency.noCalls')}
      </p>
      {of.quotas.filter(isTelling).map((quota) => (
        <p key={quota.name} class="muted">
          {quota.name} {quota.remaining ?? '–'}/{quota.limit ?? '–'}
          {quota.bannedUntil !== null && quota.bannedUntil > now() && (
            <Chip tone="bad">{t('dependency.banned', { left: countdown(quota.bannedUntil - now()) })}</Chip>
          )}
        </p>
      ))}
      <WaitingFor of={of} />
      <Transitions transitions={of.transitions} />
      <Buttons of={of} onSteer={onSteer} />
    </section>
  );
}

/** What a person has set, and when the breaker tries again. */
function Steered({ of: { hold, limitChange, configuredLimit, nextProbeAt } }: { of: Dependency }) {
  return (
    <>
      {hold !== null && (
        <p class="notice">
          {hold.by}: {hold.reason} · {countdown(hold.until - now())}
        </p>
      )}
      {limitChange !== null && (
        <p class="notice">
          {t('dependency.limited', { n: limitChange.limit, configured: configuredLimit })} · {limitChange.by}:{' '}
          {limitChange.reason} · {countdown(limitChange.until - now())}
        </p>
      )}
      {hold === null && nextProbeAt !== null && (
        <p>
          {nextProbeAt > now()
            ? t('dependency.probeIn', { left: countdown(nextProbeAt - now()) })
            : t('dependency.probeDue')}
        </p>
      )}
    </>
  );
}

function Gauges({ of }: { of: Dependency }) {
  return (
    <dl class="gauges">
      <Gauge title={t('dependency.failures')} value={of.failureRatio} limit={of.thresholdRatio} />
      <Gauge
        title={t('dependency.slow', { length: length(of.slowMs) })}
        value={of.slowRatio}
        limit={of.slowThresholdRatio}
      />
      <Gauge
        title={t('dependency.inFlight')}
        value={share(of.inFlight, of.limit)}
        text={`${of.inFlight}/${of.limit}`}
      />
      <Gauge
        title={t('dependency.queue')}
        value={share(of.queueDepth, of.queueLimit)}
        text={`${of.queueDepth}/${of.queueLimit}`}
      />
      <Gauge title={t('dependency.retries')} value={of.retryBudgetRatio} isGood />
    </dl>
  );
}

/** A bar, with the threshold it must not pass. `isGood`: full is well. */
function Gauge(props: { title: string; value: number; limit?: number; text?: string; isGood?: boolean }) {
  const { title, value, limit, text, isGood = false } = props;
  const isOver = limit !== undefined ? value >= limit && value > 0 : !isGood && value >= 1;
  return (
    <div>
      <dt>{title}</dt>
      <dd class={isOver ? 'over' : ''}>
        <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
          <rect class="ground" width="100" height="6" />
          <rect class="bar" width={Math.min(1, Math.max(0, value)) * 100} height="6" />
          {limit !== undefined && <rect class="limit" x={Math.min(99, limit * 100)} width="1" height="6" />}
        </svg>
        <span>
          {text ?? percent(value)}
          {limit !== undefined && ` / ${percent(limit)}`}
        </span>
      </dd>
    </div>
  );
}

function Pace({ pace }: { pace: Dependency['pace'] }) {
  if (pace === null) return <p class="muted counts">{t('dependency.noPace')}</p>;
  const figures = [
    [t('dependency.perSecond'), perSecond(pace.perSecond)],
    ['p50', length(pace.p50Ms)],
    ['p95', length(pace.p95Ms)],
    ['p99', length(pace.p99Ms)],
  ] as const;
  return (
    <dl class="pace">
      {figures.map(([name, figure]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{figure}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Which processes find it how; colour is never the only sign. */
function Instances({ instances }: { instances: Dependency['instances'] }) {
  return (
    <ul class="instances" aria-label={t('dependency.instances')}>
      {instances.map(({ id, role, state, isSilent, isSelf }) => (
        <li key={id} class={isSilent ? 'silent' : (TONES[state] ?? 'muted')}>
          <code>{id.slice(0, 8)}</code> {role} {isSilent && `${t('process.silent')}, `}
          {tOr(`dependency.${state}`, state)}
          {isSelf && instances.length > 1 && <span class="muted"> {t('dependency.here')}</span>}
        </li>
      ))}
    </ul>
  );
}

function WaitingFor({ of: { dependency, waiting } }: { of: Dependency }) {
  if (waiting.length === 0) return null;
  return (
    <p>
      {t('dependency.waiting')}{' '}
      {waiting.map(({ type, state, title, count }) => (
        <a key={`${type} ${state}`} href={hrefOf(['machines', type], { state })}>
          <Chip tone="warn">
            {tOr(`type.${type}`, type)} · {inLocale(title)} {integer(count)}
          </Chip>
        </a>
      ))}{' '}
      <a href={hrefOf(['incidents'], { dependency })}>{t('dependency.incidents')}</a>
    </p>
  );
}

function Transitions({ transitions }: { transitions: Dependency['transitions'] }) {
  return (
    <details>
      <summary>{t('dependency.transitions', { n: transitions.length })}</summary>
      <ul class="plain">
        {transitions.toReversed().map(({ at, from, to, cause }) => (
          <li key={`${at} ${to}`}>
            <time title={dateTime(at)}>{clockTime(at)}</time> {tOr(`dependency.${from}`, from)} →{' '}
            {tOr(`dependency.${to}`, to)} · {tOr(`dependencyCause.${cause}`, cause)}
          </li>
        ))}
      </ul>
    </details>
  );
}

function Buttons({ of, onSteer }: { of: Dependency; onSteer: (steer: Steer) => void }) {
  const { dependency, policy, hold, limitChange } = of;
  const figures = linkTo('dependency', { dependency, policy });
  const button = (steer: Steer, isDisabled = false): ComponentChildren => (
    <button type="button" class="small" disabled={isDisabled} onClick={() => onSteer(steer)}>
      {t(`dependency.do.${steer}`)}
    </button>
  );
  return (
    <p class="buttons">
      {may('steer') && (
        <>
          {button(hold === null ? 'hold' : 'release')} {button('probe', hold !== null)} {button('limit')}{' '}
          {limitChange !== null && button('restore')}
        </>
      )}
      {figures !== null && <Outside href={figures}>Grafana</Outside>}
    </p>
  );
}

/** Whether there is a figure or a ban to show. */
function isTelling({ limit, bannedUntil }: Dependency['quotas'][number]): boolean {
  return limit !== null || (bannedUntil !== null && bannedUntil > now());
}

function share(value: number, limit: number): number {
  return limit > 0 ? value / limit : 0;
}

/** Seconds where there are some, else milliseconds. */
function length(ms: number): string {
  return ms < 1000 ? t('duration.milli', { n: ms }) : t('duration.s', { n: Number((ms / 1000).toFixed(1)) });
}

function perSecond(rate: number): string {
  return rate >= 10 ? integer(Math.round(rate)) : rate.toFixed(rate < 1 ? 2 : 1);
}
