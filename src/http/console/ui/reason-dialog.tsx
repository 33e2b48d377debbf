/** A decision that needs a reason: what it will do, why, and a button that says so. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { t } from '../lib/words.ts';
import { Dialog } from './dialog.tsx';
import { Form, TextArea, useTask } from './form.tsx';
import { ProblemNote } from './views.tsx';

interface ReasonDialogProps {
  readonly title: string;
  readonly confirm: string;
  readonly isDangerous?: boolean;
  /** Rejecting keeps the dialog open with the problem in it. */
  readonly onConfirm: (reason: string) => Promise<void>;
  readonly onClose: () => void;
  readonly children?: ComponentChildren;
}

const SHORTEST = 10;

export function ReasonDialog({ title, confirm, isDangerous, onConfirm, onClose, children }: ReasonDialogProps) {
  const [reason, setReason] = useState('');
  const task = useTask();
  const submit = () =>
    task.run(async () => {
      await onConfirm(reason.trim());
      onClose();
    });
  return (
    <Dialog title={title} onClose={onClose}>
      <Form onSubmit={submit}>
        {children}
        <TextArea
          label={t('reason')}
          hint={t('action.reasonHint', { n: SHORTEST })}
          value={reason}
          onInput={setReason}
        />
        {task.error !== null && <ProblemNote error={task.error} />}
        <footer>
          <button type="button" onClick={onClose}>
            {t('cancel')}
          </button>
          <button
            type="submit"
            class={isDangerous === true ? 'danger' : 'primary'}
            disabled={task.isBusy || [...reason.trim()].length < SHORTEST}
          >
            {confirm}
          </button>
        </footer>
      </Form>
    </Dialog>
  );
}
