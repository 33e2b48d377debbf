/** One action on many actors: previewed, then carried out as a job that can be paused. */
import { useState } from 'preact/hooks';
import type { Action, ActionList, Job, JobPreview } from '../../console-api/action-schemas.ts';
import { PreviewView } from '../actor/preview.tsx';
import { actorPath, newIdempotencyKey, send } from '../lib/api.ts';
import { integer, money } from '../lib/format.ts';
import { useResource } from '../lib/resource.ts';
import { rmbWords } from '../lib/rmb-words.ts';
import { hrefOf, navigate } from '../lib/router.ts';
import { inLocale, t } from '../lib/words.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Form, Select, TextArea, TextInput, useTask } from '../ui/form.tsx';
import { Empty, Loaded, ProblemNote } from '../ui/views.tsx';

const MOST = 500;

export function BulkPanel({ type, ids }: { type: string; ids: readonly string[] }) {
  const [chosen, setChosen] = useState<Action | null>(null);
  // What may be done to the first is what may be done to those in the same state.
  const actions = useResource<ActionList>(`${actorPath(`${type}/${ids[0]}`)}/actions`);
  return (
    <Loaded of={actions} lines={1}>
      {(list) => {
        const possible = list.actions.filter(
          ({ isAvailable, params }) => isAvailable && params.every(({ required }) => !required),
        );
        if (possible.length === 0) return <Empty title={t('bulk.none')} />;
        return (
          <>
            <p class="buttons">
              {possible.map((action) => (
                <button key={action.event} type="button" onClick={() => setChosen(action)}>
                  {t('bulk.action', { action: inLocale(action.title), n: Math.min(ids.length, MOST) })}
                </button>
              ))}
            </p>
            {chosen !== null && (
              <BulkDialog type={type} ids={ids.slice(0, MOST)} action={chosen} onClose={() => setChosen(null)} />
            )}
          </>
        );
      }}
    </Loaded>
  );
}

interface BulkDialogProps {
  readonly type: string;
  readonly ids: readonly string[];
  readonly action: Action;
  readonly onClose: () => void;
}

function BulkDialog({ type, ids, action, onClose }: BulkDialogProps) {
  const [preview, setPreview] = useState<JobPreview | null>(null);
  const [reason, setReason] = useState('');
  const [reasonCode, setReasonCode] = useState<string>(action.reasonCodes[0]?.code ?? 'other');
  const [ticket, setTicket] = useState('');
  const [perSecond, setPerSecond] = useState('5');
  const [key] = useState(newIdempotencyKey);
  const task = useTask();
  const selection = { type, ids, event: action.event };
  const look = () =>
    task.run(async () => setPreview(await send<JobPreview>('POST', '/jobs/preview', { body: selection })));
  const start = () =>
    task.run(async () => {
      const body = {
        ...selection,
        reason: reason.trim(),
        reasonCode,
        perSecond: Number(perSecond),
        ...(ticket !== '' && { ticket }),
      };
      const job = await send<Job>('POST', '/jobs', { body, headers: { 'idempotency-key': key } });
      navigate(hrefOf(['jobs', job.id]));
    });
  return (
    <Dialog title={t('bulk.action', { action: inLocale(action.title), n: ids.length })} onClose={onClose} isWide>
      <Form onSubmit={preview === null ? look : start}>
        {preview !== null && <BulkPreview preview={preview} />}
        <Select
          label={t('action.reasonCode')}
          value={reasonCode}
          options={action.reasonCodes.map(({ code, title }) => [code, inLocale(title)] as const)}
          onChange={setReasonCode}
        />
        <TextArea label={t('reason')} hint={t('action.reasonHint', { n: 10 })} value={reason} onInput={setReason} />
        <TextInput label={t('ticket')} value={ticket} onInput={setTicket} />
        <Select
          label={t('bulk.speed')}
          value={perSecond}
          options={['1', '5', '20', '50'].map((n) => [n, t('bulk.perSecond', { n })] as const)}
          onChange={setPerSecond}
        />
        {task.error !== null && <ProblemNote error={task.error} />}
        <footer>
          <button type="button" onClick={onClose}>
            {t('cancel')}
          </button>
          <button type="submit" class="primary" disabled={task.isBusy || [...reason.trim()].length < 10}>
            {preview === null ? t('action.dryRun') : preview.needsApproval ? t('action.request') : t('bulk.start')}
          </button>
        </footer>
      </Form>
    </Dialog>
  );
}

function BulkPreview({ preview: { count, missing, amountFen, needsApproval, samples } }: { preview: JobPreview }) {
  return (
    <div class="preview">
      <p>
        {t('bulk.count', { n: integer(count) })}
        {amountFen !== null && (
          <>
            {' '}
            · <b>{money(amountFen)}</b> {rmbWords(amountFen)}
          </>
        )}
      </p>
      {missing.length > 0 && <p class="notice">{t('bulk.missing', { n: missing.length })}</p>}
      {needsApproval && <p class="notice">{t('preview.needsApproval')}</p>}
      {samples.slice(0, 3).map(({ id, preview }) => (
        <details key={id}>
          <summary class="id">{id}</summary>
          <PreviewView preview={preview} titleOf={(state) => state} />
        </details>
      ))}
    </div>
  );
}
