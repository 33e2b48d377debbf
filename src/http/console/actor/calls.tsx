/** Calls to the outside, attempt by attempt: when, under which key, what came of it. */
import type { CallAttempt } from '../../console-api/schemas.ts';
import { actorPath } from '../lib/api.ts';
import { duration, integer } from '../lib/format.ts';
import { useResource } from '../lib/resource.ts';
import { inLocale, t, tOr } from '../lib/words.ts';
import { Chip, Panel, Time, type Tone } from '../ui/atoms.tsx';
import { Loaded } from '../ui/views.tsx';

const TONES: Readonly<Record<string, Tone>> = { ok: 'ok', refused: 'bad', unknown: 'warn', postponed: 'muted' };

interface CallsProps {
  readonly address: string;
  /** Those sent and answered up to this record. */
  readonly upTo: number;
  readonly onOpen: (seq: number) => void;
}

/** Nothing at all for an actor that never called. */
export function Calls({ address, upTo, onOpen }: CallsProps) {
  const calls = useResource<{ readonly data: readonly CallAttempt[] }>(
    `${actorPath(address)}/calls`,
    `actor:${address}`,
  );
  const sent = calls.data?.data.filter(({ seq }) => seq <= upTo) ?? [];
  if (sent.length === 0) return null;
  return (
    <Panel title={t('calls.title')}>
      <Loaded of={calls}>
        {() => (
          <ul class="waiting">
            {sent.map((one) => (
              <Attempt key={`${one.id} ${one.seq}`} call={one} upTo={upTo} onOpen={onOpen} />
            ))}
          </ul>
        )}
      </Loaded>
    </Panel>
  );
}

function Attempt({ call, upTo, onOpen }: { call: CallAttempt } & Omit<CallsProps, 'address'>) {
  const { id, attempt, title, seq, at, isOpen, answer } = call;
  const known = answer !== null && answer.seq <= upTo ? answer : null;
  const isWaiting = isOpen || (answer !== null && known === null);
  return (
    <li>
      <span class="cause call" aria-hidden="true">
        ⇄
      </span>
      <span class="what">
        <b>{inLocale(title)}</b> <span class="muted">{t('waiting.attempt', { n: attempt })}</span>{' '}
        {known === null ? (
          <Chip tone={isWaiting ? 'info' : 'warn'}>{t(isWaiting ? 'calls.open' : 'calls.none')}</Chip>
        ) : (
          <Chip tone={TONES[known.kind] ?? 'muted'}>{tOr(`calls.${known.kind}`, known.kind)}</Chip>
        )}{' '}
        {known?.code != null && <code>{known.code}</code>}
        <code class="id-code">{id}</code>
      </span>
      <span class="when">
        <Time at={at} />
        {known !== null && <span class="muted">{t('calls.took', { length: lengthOf(known.at - at) })}</span>}
      </span>
      <button
        type="button"
        class="quiet small"
        onClick={() => onOpen(known?.seq ?? seq)}
        aria-label={t('timeline.open', { seq: known?.seq ?? seq })}
      >
        #{known?.seq ?? seq}
      </button>
    </li>
  );
}

function lengthOf(ms: number): string {
  return ms < 1000 ? t('duration.milli', { n: integer(ms) }) : duration(ms);
}
