/** The door. */
import { useState } from 'preact/hooks';
import type { Session } from '../../console-api/staff-schemas.ts';
import { send, session } from '../lib/api.ts';
import { locale } from '../lib/preferences.ts';
import { t } from '../lib/words.ts';
import { Form, TextInput, useTask } from '../ui/form.tsx';
import { ProblemNote } from '../ui/views.tsx';

export function SignInPage() {
  const [user, setUser] = useState('');
  const [password, setPassword] = useState('');
  const task = useTask();
  const submit = () =>
    task.run(async () =>
      session.set(await send<Session>('POST', '/session', { body: { user: user.trim(), password } })),
    );
  return (
    <main class="sign-in">
      <Form onSubmit={submit}>
        <h1>{t('brand')}</h1>
        <TextInput label={t('signIn.user')} value={user} onInput={setUser} autocomplete="username" required isFocused />
        <TextInput
          label={t('signIn.password')}
          value={password}
          onInput={setPassword}
          type="password"
          autocomplete="current-password"
          required
        />
        {task.error !== null && <ProblemNote error={task.error} />}
        <button type="submit" class="primary" disabled={task.isBusy || user.trim() === '' || password === ''}>
          {t('signIn.submit')}
        </button>
        <p class="muted">{t('signIn.help')}</p>
        <button type="button" class="quiet small" onClick={() => locale.set(locale.get() === 'en' ? 'zh-CN' : 'en')}>
          {locale.get() === 'en' ? '中文' : 'English'}
        </button>
      </Form>
    </main>
  );
}
