/** How the page looks on this device, one's own password, and for admins who may do what. */
import { useState } from 'preact/hooks';
import type { User } from '../../console-api/staff-schemas.ts';
import { send, session } from '../lib/api.ts';
import { useObservable } from '../lib/observable.ts';
import { choices, locale, theme, timeZone } from '../lib/preferences.ts';
import { useResource } from '../lib/resource.ts';
import { hrefOf } from '../lib/router.ts';
import { inBoth, type Key, keysBelow, t } from '../lib/words.ts';
import { Age, Chip, PageHead, Panel } from '../ui/atoms.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Form, Select, TextInput, useTask } from '../ui/form.tsx';
import { ReasonDialog } from '../ui/reason-dialog.tsx';
import { AllViews } from '../ui/saved-views.tsx';
import { Table } from '../ui/table.tsx';
import { Loaded, ProblemNote } from '../ui/views.tsx';

const ROLES = ['viewer', 'operator', 'approver', 'sre', 'auditor', 'admin'] as const satisfies readonly User['role'][];

export function SettingsPage() {
  const role = useObservable(session)?.role;
  return (
    <>
      <PageHead title={t('nav.settings')} />
      <Panel title={t('settings.preferences')}>
        <Preferences />
      </Panel>
      <Panel title={t('settings.reasons')}>
        <Reasons />
      </Panel>
      <Panel title={t('view.saved')}>
        <AllViews />
      </Panel>
      {(role === 'admin' || role === 'auditor') && (
        <Panel title={t('settings.users')}>
          <Users isAdmin={role === 'admin'} />
        </Panel>
      )}
      <Panel title={t('settings.password')}>
        <OwnPassword />
      </Panel>
    </>
  );
}

function Preferences() {
  const named = <T extends string>(group: string, values: readonly T[]) =>
    values.map((value) => [value, t(`${group}.${value}` as Key)] as const);
  return (
    <div class="inline-form">
      <Select
        label={t('settings.locale')}
        value={useObservable(locale)}
        options={named('locale', choices.locale)}
        onChange={locale.set}
      />
      <Select
        label={t('settings.timeZone')}
        value={useObservable(timeZone)}
        options={named('timeZone', choices.timeZone)}
        onChange={timeZone.set}
      />
      <Select
        label={t('settings.theme')}
        value={useObservable(theme)}
        options={named('theme', choices.theme)}
        onChange={theme.set}
      />
    </div>
  );
}

/** What an action's reason can be, in both languages: who reads the log may read the other. */
function Reasons() {
  return (
    <dl class="fields">
      {keysBelow('reason.').map((key) => (
        <div key={key}>
          <dt>
            <code>{key.slice('reason.'.length)}</code>
          </dt>
          <dd>{inBoth(key).join(' · ')}</dd>
        </div>
      ))}
    </dl>
  );
}

function OwnPassword() {
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [isDone, setDone] = useState(false);
  const task = useTask();
  const submit = () =>
    task.run(async () => {
      await send('POST', '/session/password', { body: { current, next } });
      setCurrent('');
      setNext('');
      setDone(true);
    });
  return (
    <Form onSubmit={submit} class="inline-form">
      <TextInput
        label={t('password.current')}
        type="password"
        autocomplete="current-password"
        value={current}
        onInput={setCurrent}
      />
      <TextInput
        label={t('password.next')}
        hint={t('password.hint')}
        type="password"
        autocomplete="new-password"
        value={next}
        onInput={setNext}
      />
      <button type="submit" disabled={task.isBusy || current === '' || next.length < 12}>
        {t('password.change')}
      </button>
      {task.error !== null && <ProblemNote error={task.error} />}
      {isDone && (
        <p role="status">
          <Chip tone="ok">{t('password.changed')}</Chip>
        </p>
      )}
    </Form>
  );
}

/** What a change came to: a password to be told once, a role that another admin has to agree to. */
type Made = User & { readonly password: string | null; readonly approval: string | null };
type Change = 'disable' | 'enable' | 'role' | 'password';

function Users({ isAdmin }: { isAdmin: boolean }) {
  const users = useResource<{ readonly data: readonly User[] }>('/users');
  const [asked, setAsked] = useState<{ readonly user: User; readonly change: Change } | null>(null);
  const [isAdding, setAdding] = useState(false);
  const [role, setRole] = useState<User['role']>('viewer');
  const [made, setMade] = useState<Made | null>(null);
  const change = async (reason: string) => {
    if (asked === null) return;
    const { user, change: what } = asked;
    const body = what === 'role' ? { role, reason } : { reason };
    setMade(await send<Made>('POST', `/users/${user.name}/${what}`, { body }));
    users.reload();
  };
  return (
    <>
      {made !== null && made.password !== null && (
        <p class="notice" role="status">
          {t('users.password', { name: made.name })} <code class="secret">{made.password}</code>
        </p>
      )}
      {made !== null && made.approval !== null && (
        <p class="notice" role="status">
          {t('users.asked', { name: made.name })}{' '}
          <a href={hrefOf(['approvals', made.approval])}>{t('receipt.openApproval')}</a>
        </p>
      )}
      <Loaded of={users}>
        {({ data }) => (
          <Table
            label={t('settings.users')}
            rows={data}
            keyOf={({ name }) => name}
            columns={[
              {
                title: t('users.name'),
                isWide: true,
                cell: ({ name, isDemo, isDisabled }) => (
                  <>
                    <b>{name}</b> {isDemo && <Chip tone="muted">{t('users.demo')}</Chip>}
                    {isDisabled && <Chip tone="bad">{t('users.disabled')}</Chip>}
                  </>
                ),
              },
              { title: t('users.role'), cell: (user) => t(`role.${user.role}`) },
              {
                title: t('users.lastSignIn'),
                cell: ({ lastSignInAt }) =>
                  lastSignInAt === null ? <span class="muted">{t('users.never')}</span> : <Age at={lastSignInAt} />,
              },
              ...(isAdmin
                ? [
                    {
                      title: t('users.change'),
                      cell: (user: User) => (
                        <span class="buttons">
                          {(['role', 'password', user.isDisabled ? 'enable' : 'disable'] as const).map((what) => (
                            <button
                              key={what}
                              type="button"
                              class="small"
                              onClick={() => setAsked({ user, change: what })}
                            >
                              {t(`users.do.${what}`)}
                            </button>
                          ))}
                        </span>
                      ),
                    },
                  ]
                : []),
            ]}
          />
        )}
      </Loaded>
      {isAdmin && (
        <button type="button" onClick={() => setAdding(true)}>
          {t('users.add')}
        </button>
      )}
      {isAdding && (
        <AddUser
          onClose={() => setAdding(false)}
          onAdded={(added) => {
            setAdding(false);
            setMade(added);
            users.reload();
          }}
        />
      )}
      {asked !== null && (
        <ReasonDialog
          title={`${t(`users.do.${asked.change}`)} · ${asked.user.name}`}
          confirm={t(`users.do.${asked.change}`)}
          isDangerous={asked.change === 'disable'}
          onConfirm={change}
          onClose={() => setAsked(null)}
        >
          {asked.change === 'enable' && asked.user.role !== 'viewer' && (
            <p class="muted">{t('users.enableHint', { role: t(`role.${asked.user.role}`) })}</p>
          )}
          {asked.change === 'role' && <RoleSelect value={role} onChange={setRole} hint={t('users.roleHint')} />}
        </ReasonDialog>
      )}
    </>
  );
}

function RoleSelect(props: { value: User['role']; onChange: (role: User['role']) => void; hint: string }) {
  const { value, onChange, hint } = props;
  return (
    <>
      <Select
        label={t('users.role')}
        value={value}
        options={ROLES.map((role) => [role, t(`role.${role}`)] as const)}
        onChange={onChange}
      />
      <p class="muted">{hint}</p>
    </>
  );
}

function AddUser(props: { onClose: () => void; onAdded: (made: Made) => void }) {
  const [name, setName] = useState('');
  const [role, setRole] = useState<User['role']>('viewer');
  const [reason, setReason] = useState('');
  const task = useTask();
  const submit = () =>
    task.run(async () => {
      props.onAdded(await send<Made>('POST', '/users', { body: { name, role, reason: reason.trim() } }));
    });
  return (
    <Dialog title={t('users.add')} onClose={props.onClose}>
      <Form onSubmit={submit}>
        <TextInput label={t('users.name')} value={name} onInput={setName} required isFocused />
        <RoleSelect value={role} onChange={setRole} hint={t('users.addHint')} />
        <TextInput label={t('reason')} value={reason} onInput={setReason} required />
        {task.error !== null && <ProblemNote error={task.error} />}
        <footer>
          <button type="button" onClick={props.onClose}>
            {t('cancel')}
          </button>
          <button type="submit" class="primary" disabled={task.isBusy || name === '' || reason.trim() === ''}>
            {t('users.add')}
          </button>
        </footer>
      </Form>
    </Dialog>
  );
}
