/** The lists with their filters that a person has saved: offered where the filters are, let go in the settings. */
import { useState } from 'preact/hooks';
import { changeDesk, desk } from '../lib/desk.ts';
import { useObservable } from '../lib/observable.ts';
import { hrefOf, usePlace } from '../lib/router.ts';
import { t, tOr } from '../lib/words.ts';
import { Dialog } from './dialog.tsx';
import { Form, TextInput, useTask } from './form.tsx';
import { Table } from './table.tsx';
import { Empty, ProblemNote } from './views.tsx';

const BASE = hrefOf(['']);

/** Those of the page that is shown, and a way to keep what it shows now. */
export function SavedViews() {
  const { parts, query } = usePlace();
  const { views } = useObservable(desk);
  const [isSaving, setSaving] = useState(false);
  const here = hrefOf(parts, Object.fromEntries(query)).slice(BASE.length);
  const own = views.filter(({ path }) => pageOf(path) === parts[0]);
  const isSaved = own.some(({ path }) => path === here);
  if (own.length === 0 && here === parts[0]) return null;
  return (
    <nav class="strip views" aria-label={t('view.saved')}>
      {own.map(({ name, path }) => (
        <a key={name} href={BASE + path} aria-current={path === here ? 'true' : undefined}>
          <span class="chip">{name}</span>
        </a>
      ))}
      {!isSaved && here !== parts[0] && (
        <button type="button" class="small" onClick={() => setSaving(true)}>
          {t('view.save')}
        </button>
      )}
      {isSaving && <SaveDialog path={here} onClose={() => setSaving(false)} />}
    </nav>
  );
}

function pageOf(path: string): string {
  return path.split(/[?/]/)[0] ?? '';
}

function SaveDialog({ path, onClose }: { path: string; onClose: () => void }) {
  const [name, setName] = useState('');
  const task = useTask();
  const save = () =>
    task.run(async () => {
      await changeDesk('/desk/views', { name: name.trim(), path });
      onClose();
    });
  return (
    <Dialog title={t('view.save')} onClose={onClose}>
      <Form onSubmit={save}>
        <p class="muted">
          <code>{path}</code>
        </p>
        <TextInput
          label={t('view.name')}
          hint={t('view.nameHint')}
          value={name}
          onInput={setName}
          maxLength={40}
          isFocused
        />
        {task.error !== null && <ProblemNote error={task.error} />}
        <footer>
          <button type="button" onClick={onClose}>
            {t('cancel')}
          </button>
          <button type="submit" class="primary" disabled={task.isBusy || name.trim() === ''}>
            {t('view.save')}
          </button>
        </footer>
      </Form>
    </Dialog>
  );
}

/** All of them, for the settings. */
export function AllViews() {
  const { views } = useObservable(desk);
  const task = useTask();
  if (views.length === 0) return <Empty title={t('view.none')}>{t('view.noneHelp')}</Empty>;
  return (
    <>
      <Table
        label={t('view.saved')}
        rows={views}
        keyOf={({ name }) => name}
        columns={[
          { title: t('view.name'), isWide: true, cell: ({ name, path }) => <a href={BASE + path}>{name}</a> },
          { title: t('view.page'), cell: ({ path }) => tOr(`nav.${pageOf(path)}`, t('search.title')) },
          { title: t('view.path'), isWide: true, cell: ({ path }) => <code>{path}</code> },
          {
            title: t('users.change'),
            cell: ({ name }) => (
              <button
                type="button"
                class="small"
                disabled={task.isBusy}
                onClick={() => task.run(() => changeDesk('/desk/views/remove', { name }))}
              >
                {t('view.remove')}
              </button>
            ),
          },
        ]}
      />
      {task.error !== null && <ProblemNote error={task.error} />}
    </>
  );
}
