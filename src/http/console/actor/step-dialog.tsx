/** One record whole: what came in, what went out, where it is in the traces. */
import type { JournalEntry } from '../../console-api/schemas.ts';
import { actorPath } from '../lib/api.ts';
import { useResource } from '../lib/resource.ts';
import { shown } from '../lib/shown.ts';
import { inLocale, t } from '../lib/words.ts';
import { ActorLink, Chip, Copy, Json, Time } from '../ui/atoms.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { TraceLink } from '../ui/outside.tsx';
import { Loaded } from '../ui/views.tsx';
import { CauseMark } from './cause.tsx';

export function StepDialog({ address, seq, onClose }: { address: string; seq: number; onClose: () => void }) {
  const entry = useResource<JournalEntry>(`${actorPath(address)}/journal/${seq}`);
  return (
    <Dialog title={`${address} #${seq}`} onClose={onClose} isWide>
      <Loaded of={entry}>
        {({ at, machine, messages, tells, calls, rows, node, traceId, hash }) => (
          <div class="step">
            <p class="muted">
              <Time at={at} withAge /> · {t('step.node', { node })} · {machine}
            </p>
            <h3>{t('step.messages')}</h3>
            {messages.map((message) => (
              <article key={message.id}>
                <p>
                  <CauseMark cause={message.cause} /> <b>{inLocale(message.title)}</b>{' '}
                  <Chip tone={message.outcome === 'done' ? 'ok' : message.outcome === 'ignored' ? 'muted' : 'bad'}>
                    {t(`outcome.${message.outcome}`)}
                  </Chip>{' '}
                  {message.by !== null && <span class="muted">{shown(message.by)}</span>}
                  {message.reason !== null && (
                    <code>
                      {message.reason.code} {message.reason.detail ?? ''}
                    </code>
                  )}
                </p>
                <Json of={message.event} />
                <p class="muted">
                  <code class="id-code">{message.id}</code> <Copy text={message.id} />
                </p>
              </article>
            ))}
            <h3>{t('step.tells')}</h3>
            {tells.length === 0 && <p class="muted">{t('preview.nothing')}</p>}
            {tells.map(({ id, to, event }) => (
              <article key={id}>
                <ActorLink address={to} />
                <Json of={event} />
              </article>
            ))}
            <h3>{t('step.calls')}</h3>
            {calls.length === 0 && <p class="muted">{t('preview.nothing')}</p>}
            {calls.map(({ id, name, activity, attempt, input }) => (
              <article key={id}>
                <p>
                  <b>{name}</b> {t('waiting.attempt', { n: attempt })} <code>{activity}</code>
                </p>
                <Json of={input} />
                <p class="muted">
                  {t('step.key')} <code class="id-code">{id}</code> <TraceLink traceId={traceId} />
                </p>
              </article>
            ))}
            {rows.length > 0 && (
              <>
                <h3>{t('step.rows')}</h3>
                <Json of={rows} />
              </>
            )}
            <p class="muted">
              {traceId !== null && (
                <>
                  trace <code class="id-code">{traceId}</code> <Copy text={traceId} /> <TraceLink
                    traceId={traceId}
                  />{' '}
                </>
              )}
              {hash !== null && (
                <>
                  hash <code class="id-code">{hash}</code>
                </>
              )}
            </p>
          </div>
        )}
      </Loaded>
    </Dialog>
  );
}
