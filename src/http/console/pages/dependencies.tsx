/** Each partner's breaker, bulkhead and limits, and what waits for it. */
import { useState } from 'preact/hooks';
import type { Dependency } from '../../console-api/operation-schemas.ts';
import { send } from '../lib/api.ts';
import { now, useNow } from '../lib/clock.ts';
import { clockTime, countdown, dateTime, duration, integer, percent } from '../lib/format.ts';
import { useResource } from '../lib/resource.ts';
import { may } from '../lib/roles.ts';
import { hrefOf } from '../lib/router.ts';
import { inLocale, t, tOr } from '../lib/words.ts';
import { Chip, PageHead, type Tone } from '../ui/atoms.tsx';
import { Select } from '../ui/form.tsx';
import { ReasonDialog } from '../ui/reason-dialog.tsx';
import { Empty, Loaded } from '../ui/views.tsx';

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

type Steer = 'hold' | 'release' | 'probe';

export function DependenciesPage() {
  const list = useResource<{ readonly data: readonly Dependency[] }>('/dependencies', 'dependencies');
  const [asked, setAsked] = useState<{ readonly of: Dependency; readonly steer: Steer } | null>(null);
  const [minutes, setMinutes] = useState('15');
  const [told, setTold] = useState<string | null>(null);
  const act = async (reason: string) => {
    if (asked === null) return;
    const { of, steer } = asked;
    const path = `/dependencies/${encodeURIComponent(of.dependency)}/${encodeURIComponent(of.policy)}/${steer}`;
    const body = steer === 'hold' ? { reason, ttlMinutes: Number(minutes) } : { reason };
    const answer = await send<{ readonly outcome: string | null } | undefined>('POST', path, { body });
    const outcome = answer?.outcome ?? null;
    setTold(outcome === null ? null : probeWords(`${of.dependency}/${of.policy}`, outcome));
    list.reload();
  };
  return (
    <>
      <PageHead title={t('nav.dependencies')} />
      {told !== null && (
        <p class="notice" role="status">
          {told}
        </p>
      )}
      <Loaded of={list}>
        {({ data }) =>
          data.length === 0 ? (
            <Empty title={t('dependency.none')}>{t('dependency.noneHelp')}</Empty>
          ) : (
            <div class="cards">
              {data.map((of) => (
                <Card key={`${of.dependency}/${of.policy}`} of={of} onSteer={(steer) => setAsked({ of, steer })} />
              ))}
            </div>
          )
        }
      </Loaded>
      {asked !== null && (
        <ReasonDialog
          title={`${t(`dependency.do.${asked.steer}`)} · ${asked.of.dependency}/${asked.of.policy}`}
          confirm={t(`dependency.do.${asked.steer}`)}
          isDangerous={asked.steer === 'hold'}
          onConfirm={act}
          onClose={() => setAsked(null)}
        >
          <p class="muted">{t(`dependency.help.${asked.steer}`)}</p>
          {asked.steer === 'hold' && (
            <Select
              label={t('dependency.ttl')}
              value={minutes}
              options={['5', '15', '60', '240', '1440'].map((n) => [n, t('incident.forMinutes', { n })] as const)}
              onChange={setMinutes}
            />
          )}
        </ReasonDialog>
      )}
    </>
  );
}

function Card({ of, onSteer }: { of: Dependency; onSteer: (steer: Steer) => void }) {
  useNow(1000);
  const { dependency, policy, state, hold, nextProbeAt, isShadow } = of;
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
      {hold !== null && (
        <p class="notice">
          {hold.by}: {hold.reason} · {countdown(hold.until - now())}
        </p>
      )}
      {hold === null && nextProbeAt !== null && (
        <p>
          {nextProbeAt > now()
            ? t('dependency.probeIn', { left: countdown(nextProbeAt - now()) })
            : t('dependency.probeDue')}
        </p>
      )}
      <dl class="gauges">
        <Gauge title={t('dependency.failures')} value={of.failureRatio} limit={of.thresholdRatio} />
        <Gauge
          title={t('dependency.slow', {
            length: of.slowMs < 1000 ? t('duration.milli', { n: of.slowMs }) : duration(of.slowMs),
          })}
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
      {of.waiting.length > 0 && (
        <p>
          {t('dependency.waiting')}{' '}
          {of.waiting.map(({ type, state: name, title, count }) => (
            <a key={`${type} ${name}`} href={hrefOf(['machines', type], { state: name })}>
              <Chip tone="warn">
                {tOr(`type.${type}`, type)} · {inLocale(title)} {integer(count)}
              </Chip>
            </a>
          ))}
        </p>
      )}
      <details>
        <summary>{t('dependency.transitions', { n: of.transitions.length })}</summary>
        <ul class="plain">
          {of.transitions.toReversed().map(({ at, from, to, cause }) => (
            <li key={`${at} ${to}`}>
              <time title={dateTime(at)}>{clockTime(at)}</time> {tOr(`dependency.${from}`, from)} →{' '}
              {tOr(`dependency.${to}`, to)} · {tOr(`dependencyCause.${cause}`, cause)}
            </li>
          ))}
        </ul>
      </details>
      {may('steer') && (
        <p class="buttons">
          {hold === null ? (
            <button type="button" class="small" onClick={() => onSteer('hold')}>
              {t('dependency.do.hold')}
            </button>
          ) : (
            <button type="button" class="small" onClick={() => onSteer('release')}>
              {t('dependency.do.release')}
            </button>
          )}
          <button type="button" class="small" disabled={hold !== null} onClick={() => onSteer('probe')}>
            {t('dependency.do.probe')}
          </button>
        </p>
      )}
    </section>
  );
}

/** Whether there is a figure or a ban to show. */
function isTelling({ limit, bannedUntil }: Dependency['quotas'][number]): boolean {
  return limit !== null || (bannedUntil !== null && bannedUntil > now());
}

/** What a probe found out; a no about the harmless request is an answer like any other. */
function probeWords(of: string, outcome: string): string {
  if (outcome === 'ok' || outcome === 'ignored') return t('dependency.answers', { of });
  if (outcome === 'due') return t('dependency.cannotProbe', { of });
  return t('dependency.probed', { of, outcome: tOr(`call.${outcome}`, outcome) });
}

function share(value: number, limit: number): number {
  return limit > 0 ? value / limit : 0;
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
