/** One person does alone what needs two: what that means, why, for which ticket, and the end of the id typed out. */
import { useState } from 'preact/hooks';
import type { Approval } from '../../console-api/action-schemas.ts';
import { send } from '../lib/api.ts';
import { rmbWords } from '../lib/rmb-words.ts';
import { inLocale, t } from '../lib/words.ts';
import { Amount } from '../ui/atoms.tsx';
import { TextInput } from '../ui/form.tsx';
import { ReasonDialog } from '../ui/reason-dialog.tsx';

interface BreakGlassProps {
  readonly approval: Approval;
  readonly path: string;
  readonly idempotencyKey: string;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

export function BreakGlassDialog({ approval, path, idempotencyKey, onDone, onClose }: BreakGlassProps) {
  const [ticket, setTicket] = useState('');
  const [confirm, setConfirm] = useState('');
  const { address, amountFen, seq } = approval;
  const breakGlass = async (reason: string) => {
    const headers = { 'idempotency-key': idempotencyKey, 'if-match': `"${seq}"` };
    await send('POST', `${path}/break-glass`, { body: { reason, ticket: ticket.trim(), confirm }, headers });
    onDone();
  };
  return (
    <ReasonDialog
      title={`${t('approval.breakGlass')} · ${inLocale(approval.title)}`}
      confirm={t('approval.breakGlass')}
      isDangerous
      onConfirm={breakGlass}
      onClose={onClose}
    >
      <p class="problem">{t('approval.breakGlassHelp')}</p>
      {amountFen !== null && (
        <p class="amount-words">
          <Amount fen={amountFen} /> {rmbWords(amountFen)}
        </p>
      )}
      <TextInput label={t('ticket')} value={ticket} onInput={setTicket} required />
      <TextInput
        label={t('action.typeLastFour', { lastFour: address.slice(address.indexOf('/') + 1).slice(-4) })}
        value={confirm}
        onInput={setConfirm}
        maxLength={4}
        required
      />
    </ReasonDialog>
  );
}
