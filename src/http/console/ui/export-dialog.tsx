/** A file from the server: why it is wanted is asked for first, and is on record. */
import { useState } from 'preact/hooks';
import { t } from '../lib/words.ts';
import { Dialog } from './dialog.tsx';
import { TextInput } from './form.tsx';

interface ExportProps {
  /** Below the API's root, with the query but for the reason. */
  readonly path: string;
  readonly help: string;
  readonly onClose: () => void;
}

export function ExportDialog({ path, help, onClose }: ExportProps) {
  const [reason, setReason] = useState('');
  const [base = '', search = ''] = path.split('?');
  const query = new URLSearchParams(search);
  query.set('reason', reason.trim());
  return (
    <Dialog title={t('export')} onClose={onClose}>
      <p class="muted">{help}</p>
      <TextInput label={t('reason')} value={reason} onInput={setReason} isFocused />
      <footer>
        <button type="button" onClick={onClose}>
          {t('cancel')}
        </button>
        {reason.trim() !== '' && (
          <a class="button primary" href={`/console/api${base}?${query}`} download onClick={onClose}>
            {t('export')}
          </a>
        )}
      </footer>
    </Dialog>
  );
}
