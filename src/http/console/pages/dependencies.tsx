/** Each partner's breaker, bulkhead and limits, and what people do to them. */
import { useState } from 'preact/hooks';
import type { Dependency } from '../../console-api/operation-schemas.ts';
import { send } from '../lib/api.ts';
import { useResource } from '../lib/resource.ts';
import { t, tOr } from '../lib/words.ts';
import { PageHead } from '../ui/atoms.tsx';
import { Select, TextInput } from '../ui/form.tsx';
import { ReasonDialog } from '../ui/reason-dialog.tsx';
import { Empty, Loaded } from '../ui/views.tsx';
import { DependencyCard, type Steer } from './dependency-card.tsx';

interface Asked {
  readonly of: Dependency;
  readonly steer: Steer;
}

export function DependenciesPage() {
  const list = useResource<{ readonly data: readonly Dependency[] }>('/dependencies', 'dependencies');
  const [asked, setAsked] = useState<Asked | null>(null);
  const [told, setTold] = useState<string | null>(null);
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
            <>
              <p class="muted">{t('dependency.paceHelp')}</p>
              <div class="cards">
                {data.map((of) => (
                  <DependencyCard
                    key={`${of.dependency}/${of.policy}`}
                    of={of}
                    onSteer={(steer) => setAsked({ of, steer })}
                  />
                ))}
              </div>
            </>
          )
        }
      </Loaded>
      {asked !== null && (
        <SteerDialog
          asked={asked}
          onDone={(outcome) => {
            const { dependency, policy } = asked.of;
            setTold(outcome === null ? null : probeWords(`${dependency}/${policy}`, outcome));
            list.reload();
          }}
          onClose={() => setAsked(null)}
        />
      )}
    </>
  );
}

interface SteerDialogProps {
  readonly asked: Asked;
  /** With what a probe found out. */
  readonly onDone: (outcome: string | null) => void;
  readonly onClose: () => void;
}

function SteerDialog({ asked: { of, steer }, onDone, onClose }: SteerDialogProps) {
  const { dependency, policy, configuredLimit, mostLimit } = of;
  const [minutes, setMinutes] = useState('15');
  const [limit, setLimit] = useState(String(of.limit));
  const act = async (reason: string) => {
    const path = `/dependencies/${encodeURIComponent(dependency)}/${encodeURIComponent(policy)}/${steer}`;
    const ttlMinutes = Number(minutes);
    const more = { hold: { ttlMinutes }, limit: { ttlMinutes, limit: Number(limit) } }[steer as string];
    const answer = await send<{ readonly outcome: string | null }>('POST', path, { body: { reason, ...more } });
    onDone(answer.outcome);
  };
  return (
    <ReasonDialog
      title={`${t(`dependency.do.${steer}`)} · ${dependency}/${policy}`}
      confirm={t(`dependency.do.${steer}`)}
      isDangerous={steer === 'hold'}
      onConfirm={act}
      onClose={onClose}
    >
      <p class="muted">{t(`dependency.help.${steer}`)}</p>
      {steer === 'limit' && (
        <TextInput
          label={t('dependency.limit')}
          hint={t('dependency.limitHint', { most: mostLimit, configured: configuredLimit })}
          value={limit}
          onInput={setLimit}
          inputMode="numeric"
          maxLength={6}
          required
          isFocused
        />
      )}
      {(steer === 'hold' || steer === 'limit') && (
        <Select
          label={t('dependency.ttl')}
          value={minutes}
          options={['5', '15', '60', '240', '1440'].map((n) => [n, t('incident.forMinutes', { n })] as const)}
          onChange={setMinutes}
        />
      )}
    </ReasonDialog>
  );
}

/** What a probe found out; a no about the harmless request is an answer like any other. */
function probeWords(of: string, outcome: string): string {
  if (outcome === 'ok' || outcome === 'ignored') return t('dependency.answers', { of });
  if (outcome === 'due') return t('dependency.cannotProbe', { of });
  return t('dependency.probed', { of, outcome: tOr(`call.${outcome}`, outcome) });
}
