/** What an action would do: states before and after, what would be sent, what would be booked. */
import type { Preview } from '../../console-api/action-schemas.ts';
import { dateTime, money } from '../lib/format.ts';
import { rmbWords } from '../lib/rmb-words.ts';
import { inLocale, t, tOr } from '../lib/words.ts';
import { ActorLink, Amount, Chip } from '../ui/atoms.tsx';

interface PreviewProps {
  readonly preview: Preview;
  readonly titleOf: (state: string) => string;
  /** It is the second person who looks. */
  readonly isForSecond?: boolean;
}

export function PreviewView({ preview, titleOf, isForSecond = false }: PreviewProps) {
  const { refusal, stateBefore, stateAfter, tells, calls, timers, ledger, amountFen, needsApproval } = preview;
  const isSame = stateBefore === stateAfter;
  return (
    <div class="preview">
      {refusal !== null && (
        <p class="problem" role="alert">
          <strong>{inLocale(refusal.title)}</strong> {inLocale(refusal.detail)} <code>{refusal.code}</code>
        </p>
      )}
      <p class="before-after">
        <span class="mini-state active">{titleOf(stateBefore)}</span>
        <span class="arrow" aria-hidden="true">
          {isSame ? '↻' : '→'}
        </span>
        <span class="unseen">{t('preview.becomes')}</span>
        <span class="mini-state">{isSame ? t('preview.stays') : titleOf(stateAfter)}</span>
      </p>
      {amountFen !== null && (
        <p class="amount-words">
          <b>{money(amountFen)}</b> <span>{rmbWords(amountFen)}</span>
        </p>
      )}
      <dl class="fields">
        <Row title={t('preview.calls')} items={calls.map(({ title }) => inLocale(title))} />
        <Row
          title={t('preview.tells')}
          items={tells.map(({ to, event, outcome }) => (
            <>
              <ActorLink address={to} /> · {String(event['type'])}
              {outcome !== null && <Chip tone={outcome === 'done' ? 'ok' : 'warn'}>{t(`outcome.${outcome}`)}</Chip>}
            </>
          ))}
        />
        <Row title={t('preview.timers')} items={timers.map(({ dueAt }) => dateTime(dueAt))} />
      </dl>
      {ledger.length > 0 && (
        <table aria-label={t('preview.ledger')}>
          <thead>
            <tr>
              <th scope="col">{t('preview.ledger')}</th>
              {SUMS.map((sum) => (
                <th key={sum} scope="col" class="number">
                  {t(`sum.${sum}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {ledger.map((line) => (
              <tr key={`${line.address} ${line.kind}`}>
                <td>{tOr(`ledger.${line.kind}`, line.kind)}</td>
                {SUMS.map((sum) => (
                  <td key={sum} class="number" data-label={t(`sum.${sum}`)}>
                    <Amount fen={line[sum]} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {needsApproval && !isForSecond && <p class="notice">{t('preview.needsApproval')}</p>}
    </div>
  );
}

export const SUMS = ['pendingFen', 'availableFen', 'heldFen', 'debtFen'] as const;

function Row({ title, items }: { title: string; items: readonly preact.ComponentChildren[] }) {
  return (
    <div>
      <dt>{title}</dt>
      <dd>
        {items.length === 0 ? (
          <span class="muted">{t('preview.nothing')}</span>
        ) : (
          <ul class="plain">
            {items.map((item, index) => (
              <li key={index}>{item}</li>
            ))}
          </ul>
        )}
      </dd>
    </div>
  );
}
