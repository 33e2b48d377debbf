/** Notes that staff leave each other. A note is never changed: an edit is a newer one that names it. */
import { useEffect, useState } from 'preact/hooks';
import type { Note } from '../../console-api/operation-schemas.ts';
import { actorPath, newIdempotencyKey, send } from '../lib/api.ts';
import { changeDesk, desk } from '../lib/desk.ts';
import { useObservable } from '../lib/observable.ts';
import { useResource } from '../lib/resource.ts';
import { t } from '../lib/words.ts';
import { Time } from '../ui/atoms.tsx';
import { Form, TextArea, TextInput, useTask } from '../ui/form.tsx';
import { Empty, Loaded, ProblemNote } from '../ui/views.tsx';
import { NameOffers, NoteText } from './note-text.tsx';

export function Notes({ address }: { address: string }) {
  const path = `${actorPath(address)}/notes`;
  const notes = useResource<{ readonly data: readonly Note[] }>(path);
  const [editing, setEditing] = useState<Note | null>(null);
  const [isWriting, setWriting] = useState(false);
  const isMentioned = useObservable(desk).mentions.some(({ about }) => about === address);
  useEffect(() => {
    if (!isMentioned) return;
    notes.reload();
    // Not read as far as the server knows, then: it is shown on the start page again.
    changeDesk('/desk/mentions/seen', { about: address }).catch(() => {});
  }, [isMentioned, address]);
  const close = () => {
    setWriting(false);
    setEditing(null);
  };
  return (
    <div class="notes">
      <Loaded of={notes} lines={1}>
        {({ data }) => {
          const replaced = new Set(data.map(({ edits }) => edits));
          const current = data.filter(({ id }) => !replaced.has(id));
          if (current.length === 0) return <Empty title={t('notes.none')} />;
          return (
            <ul>
              {current.map((note) => (
                <li key={note.id}>
                  <NoteText note={note} />
                  <p class="muted">
                    {note.by} · <Time at={note.at} />
                    {note.ticket !== null && ` · ${note.ticket}`}
                    {note.edits !== null && ` · ${t('notes.edited')}`}
                    <button type="button" class="quiet small" onClick={() => setEditing(note)}>
                      {t('notes.edit')}
                    </button>
                  </p>
                </li>
              ))}
            </ul>
          );
        }}
      </Loaded>
      {isWriting || editing !== null ? (
        <NoteForm
          key={editing?.id ?? ''}
          path={path}
          editing={editing}
          onDone={() => {
            close();
            notes.reload();
          }}
          onCancel={close}
        />
      ) : (
        <button type="button" class="small" onClick={() => setWriting(true)}>
          {t('notes.add')}
        </button>
      )}
    </div>
  );
}

function NoteForm(props: { path: string; editing: Note | null; onDone: () => void; onCancel: () => void }) {
  const { path, editing, onDone, onCancel } = props;
  const [text, setText] = useState(editing?.text ?? '');
  const [ticket, setTicket] = useState(editing?.ticket ?? '');
  const [key] = useState(newIdempotencyKey);
  const task = useTask();
  const submit = () =>
    task.run(async () => {
      const body = {
        text: text.trim(),
        ...(ticket !== '' && { ticket }),
        ...(editing !== null && { edits: editing.id }),
      };
      await send('POST', path, { body, headers: { 'idempotency-key': key } });
      onDone();
    });
  return (
    <Form onSubmit={submit}>
      <TextArea label={t('notes.text')} hint={t('notes.mentionHint')} value={text} onInput={setText} />
      <NameOffers text={text} onChoose={setText} />
      <TextInput label={t('ticket')} value={ticket} onInput={setTicket} />
      {task.error !== null && <ProblemNote error={task.error} />}
      <footer>
        <button type="button" onClick={onCancel}>
          {t('cancel')}
        </button>
        <button type="submit" class="primary" disabled={task.isBusy || text.trim() === ''}>
          {t('notes.save')}
        </button>
      </footer>
    </Form>
  );
}
