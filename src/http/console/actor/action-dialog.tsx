/** An action in three steps: why, what it would do, yes. Then what really became of it. */
import { useState } from 'preact/hooks';
import type { Action, ActionParams, Preview, Receipt } from '../../console-api/action-schemas.ts';
import type { Entity, JournalPage } from '../../console-api/schemas.ts';
import { ApiError, actorPath, get, newIdempotencyKey, send } from '../lib/api.ts';
import { fenOf } from '../lib/fen.ts';
import { useResource } from '../lib/resource.ts';
import { hrefOf } from '../lib/router.ts';
import { inLocale, t } from '../lib/words.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Form, Select, TextArea, TextInput, useTask } from '../ui/form.tsx';
import { ProblemNote } from '../ui/views.tsx';
import { PreviewView } from './preview.tsx';

interface ActionDialogProps {
  readonly address: string;
  readonly action: Action;
  readonly titleOf: (state: string) => string;
  readonly onClose: () => void;
}

interface Wish {
  readonly reasonCode: string;
  readonly reason: string;
  readonly ticket: string;
  readonly params: Readonly<Record<string, string>>;
}

const SHORTEST_REASON = 10;

export function ActionDialog({ address, action, titleOf, onClose }: ActionDialogProps) {
  const [wish, setWish] = useState<Wish>({
    reasonCode: action.reasonCodes[0]?.code ?? 'other',
    reason: '',
    ticket: '',
    params: {},
  });
  const [preview, setPreview] = useState<Preview | null>(null);
  const [missed, setMissed] = useState<JournalPage | null>(null);
  const [receipt, setReceipt] = useState<Receipt | null>(null);
  const [key, setKey] = useState(newIdempotencyKey);
  const task = useTask();
  const path = `${actorPath(address)}/events/${encodeURIComponent(action.event)}`;
  const params = paramsOf(action, wish);

  const dryRun = () =>
    task.run(async () => {
      const body = Object.keys(params).length > 0 ? { params } : {};
      setPreview(await send<Preview>('POST', `${path}/preview`, { body }));
    });
  const confirm = (seen: Preview) =>
    task.run(async () => {
      const { reasonCode, reason, ticket } = wish;
      const body = {
        reasonCode,
        reason: reason.trim(),
        ...(ticket.trim() !== '' && { ticket: ticket.trim() }),
        ...(Object.keys(params).length > 0 && { params }),
      };
      const headers = { 'if-match': `"${seen.seq}"`, 'idempotency-key': key };
      try {
        setReceipt(await send<Receipt>('POST', path, { body, headers }));
      } catch (error) {
        if (error instanceof ApiError && error.status === 412) {
          setMissed(await get<JournalPage>(`${actorPath(address)}/journal?after=${seen.seq}&limit=20`));
          setPreview(null);
          setKey(newIdempotencyKey());
        }
        throw error;
      }
    });

  const step = receipt !== null ? 3 : preview !== null ? 2 : 1;
  return (
    <Dialog title={`${inLocale(action.title)} · ${address}`} onClose={onClose}>
      <ol class="steps-bar" aria-label={t('action.steps')}>
        {([1, 2, 3] as const).map((n) => (
          <li key={n} aria-current={n === step ? 'step' : undefined}>
            {t(`action.step${n}`)}
          </li>
        ))}
      </ol>
      {receipt !== null ? (
        <ReceiptView address={address} receipt={receipt} onClose={onClose} />
      ) : preview !== null ? (
        <Confirmation
          address={address}
          action={action}
          preview={preview}
          titleOf={titleOf}
          task={task}
          onBack={() => setPreview(null)}
          onConfirm={() => confirm(preview)}
        />
      ) : (
        <Form onSubmit={dryRun}>
          <p class="muted">{inLocale(action.help)}</p>
          <Missed page={missed} titleOf={titleOf} />
          <Why action={action} wish={wish} onChange={setWish} />
          {task.error !== null && <ProblemNote error={task.error} />}
          <footer>
            <button type="button" onClick={onClose}>
              {t('cancel')}
            </button>
            <button type="submit" class="primary" disabled={task.isBusy || !isComplete(action, wish)}>
              {t('action.dryRun')}
            </button>
          </footer>
        </Form>
      )}
    </Dialog>
  );
}

function Why({ action, wish, onChange }: { action: Action; wish: Wish; onChange: (wish: Wish) => void }) {
  return (
    <>
      <Select
        label={t('action.reasonCode')}
        value={wish.reasonCode}
        options={action.reasonCodes.map(({ code, title }) => [code, inLocale(title)] as const)}
        onChange={(reasonCode) => onChange({ ...wish, reasonCode })}
      />
      <TextArea
        label={t('reason')}
        hint={t('action.reasonHint', { n: SHORTEST_REASON })}
        value={wish.reason}
        onInput={(reason) => onChange({ ...wish, reason })}
      />
      <TextInput
        label={action.isTicketRequired ? t('ticket') : t('ticket.optional')}
        value={wish.ticket}
        onInput={(ticket) => onChange({ ...wish, ticket })}
        required={action.isTicketRequired}
      />
      {action.params.map(({ name, title, required }) => (
        <TextInput
          key={name}
          label={inLocale(title)}
          hint={name === 'deltaFen' ? t('action.yuanHint') : undefined}
          value={wish.params[name] ?? ''}
          required={required}
          onInput={(value) => onChange({ ...wish, params: { ...wish.params, [name]: value } })}
        />
      ))}
    </>
  );
}

function isComplete(action: Action, { reason, ticket, params }: Wish): boolean {
  if ([...reason.trim()].length < SHORTEST_REASON) return false;
  if (action.isTicketRequired && ticket.trim() === '') return false;
  return action.params.every(({ name, required }) => !required || (params[name] ?? '').trim() !== '');
}

/** Amounts are typed in yuan and sent in fen, by text, so that no fraction is lost. */
function paramsOf(action: Action, { params }: Wish): ActionParams {
  const given = action.params.flatMap(({ name }): [string, string | number][] => {
    const text = params[name]?.trim() ?? '';
    if (text === '') return [];
    return [[name, name === 'deltaFen' ? fenOf(text) : text]];
  });
  return Object.fromEntries(given) as ActionParams;
}

interface ConfirmationProps extends Omit<ActionDialogProps, 'onClose'> {
  readonly preview: Preview;
  readonly task: ReturnType<typeof useTask>;
  readonly onBack: () => void;
  readonly onConfirm: () => void;
}

function Confirmation({ address, action, preview, titleOf, task, onBack, onConfirm }: ConfirmationProps) {
  const [typed, setTyped] = useState('');
  const lastFour = address.slice(address.indexOf('/') + 1).slice(-4);
  const isSure = !action.isIrreversible || typed === lastFour;
  return (
    <Form onSubmit={onConfirm}>
      <PreviewView preview={preview} titleOf={titleOf} />
      {action.isIrreversible && (
        <TextInput
          label={t('action.typeLastFour', { lastFour })}
          value={typed}
          onInput={setTyped}
          maxLength={4}
          isFocused
        />
      )}
      {task.error !== null && <ProblemNote error={task.error} />}
      <footer>
        <button type="button" onClick={onBack}>
          {t('action.back')}
        </button>
        <button
          type="submit"
          class={action.isIrreversible ? 'danger' : 'primary'}
          disabled={task.isBusy || !isSure || preview.refusal !== null}
        >
          {preview.needsApproval ? t('action.request') : t('action.confirm')}
        </button>
      </footer>
    </Form>
  );
}

/** What changed between the dry run and the confirmation. */
function Missed({ page, titleOf }: { page: JournalPage | null; titleOf: (state: string) => string }) {
  if (page === null) return null;
  return (
    <div class="notice" role="status">
      <p>{t('action.changed')}</p>
      <ul class="plain">
        {page.data
          .map(({ messages, ...row }) => ({ ...row, taken: messages.filter(({ outcome }) => outcome !== 'refused') }))
          .filter(({ taken }) => taken.length > 0)
          .map(({ seq, state, taken }) => (
            <li key={seq}>
              #{seq} {taken.map(({ title }) => inLocale(title)).join(t('list.comma'))} → {titleOf(state)}
            </li>
          ))}
      </ul>
    </div>
  );
}

/** Asked for, committed, and what came of it, as it happens. */
function ReceiptView({ address, receipt, onClose }: { address: string; receipt: Receipt; onClose: () => void }) {
  const now = useResource<Entity>(actorPath(address), `actor:${address}`).data;
  const calls = now?.waiting.filter(({ kind }) => kind === 'call') ?? [];
  return (
    <div class="receipt" aria-live="polite">
      <ul class="plain">
        <li class="done">✓ {t('receipt.requested')}</li>
        {receipt.status === 'approval' ? (
          <li>
            ◷ {t('receipt.approval')}{' '}
            {receipt.approval !== null && (
              <a href={hrefOf(['approvals', receipt.approval])}>{t('receipt.openApproval')}</a>
            )}
          </li>
        ) : (
          <>
            <li class="done">✓ {t('receipt.committed', { seq: receipt.seq })}</li>
            {calls.map(({ id, title, attempt }) => (
              <li key={id}>◷ {t('receipt.call', { call: inLocale(title), attempt })}</li>
            ))}
            {now !== undefined && now.seq >= receipt.seq && (
              <li class="done">● {t('receipt.now', { state: inLocale(now.stateTitle), seq: now.seq })}</li>
            )}
          </>
        )}
      </ul>
      <footer>
        <button type="button" class="primary" onClick={onClose}>
          {t('receipt.close')}
        </button>
      </footer>
    </div>
  );
}
