/** What an actor knows, by name and in the form people read; masked values can be asked for, which is recorded. */
import { useEffect, useState } from 'preact/hooks';
import type { Field, Revealed } from '../../console-api/schemas.ts';
import { actorPath, send } from '../lib/api.ts';
import { now } from '../lib/clock.ts';
import { duration } from '../lib/format.ts';
import { may } from '../lib/roles.ts';
import { shown } from '../lib/shown.ts';
import { inLocale, t } from '../lib/words.ts';
import { ActorLink, Amount, Chip, Json, Time } from '../ui/atoms.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Form, TextInput, useTask } from '../ui/form.tsx';
import { Empty, ProblemNote } from '../ui/views.tsx';

interface FieldsProps {
  readonly address: string;
  readonly fields: readonly Field[];
  /** Paths that the step being viewed has changed. */
  readonly changed: readonly string[];
  /** The step before, when known: what the changed ones were. */
  readonly before: readonly Field[] | undefined;
}

export function Fields({ address, fields, changed, before }: FieldsProps) {
  const [asked, setAsked] = useState<Field | null>(null);
  const mayReveal = may('reveal');
  const empty = fields.filter((field) => isEmpty(field.value) && !changed.includes(field.path));
  if (fields.length === 0) return <Empty title={t('fields.none')} />;
  return (
    <>
      <dl class="fields">
        {fields.map((field) => {
          if (empty.includes(field)) return null;
          const isChanged = changed.includes(field.path);
          const old = isChanged ? before?.find(({ path }) => path === field.path) : undefined;
          return (
            <div key={field.path} class={isChanged ? 'changed' : ''}>
              <dt title={field.path}>{inLocale(field.label)}</dt>
              <dd>
                <FieldValue field={field} />
                {isChanged && <Chip tone="info">{t('fields.changed')}</Chip>}
                {old !== undefined && (
                  <small class="muted was">
                    {t('fields.was')} <FieldValue field={old} />
                  </small>
                )}
                {field.reveal !== null && mayReveal && (
                  <Hidden key={field.reveal} address={address} name={field.reveal} onAsk={() => setAsked(field)} />
                )}
              </dd>
            </div>
          );
        })}
      </dl>
      {empty.length > 0 && (
        <p class="muted without-value">
          {t('fields.empty', { names: empty.map(({ label }) => inLocale(label)).join(t('list.comma')) })}
        </p>
      )}
      {asked?.reveal != null && (
        <RevealDialog
          address={address}
          name={asked.reveal}
          label={inLocale(asked.label)}
          onClose={() => setAsked(null)}
        />
      )}
    </>
  );
}

function isEmpty(value: unknown): boolean {
  return value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
}

function FieldValue({ field: { kind, value, address } }: { field: Field }) {
  if (isEmpty(value)) return <span class="muted">–</span>;
  if (kind === 'actor' && address !== null) return <ActorLink address={address}>{String(value)}</ActorLink>;
  if (kind === 'fen' && typeof value === 'number') return <Amount fen={value} />;
  if (kind === 'time' && typeof value === 'number') return <Time at={value} withAge />;
  if (kind === 'duration' && typeof value === 'number') return <>{duration(value)}</>;
  if (kind === 'flag') return <>{value === true ? t('yes') : t('no')}</>;
  if (kind === 'json' || typeof value === 'object') return <Json of={value} />;
  return <span class="value">{shown(String(value))}</span>;
}

/** Values that were revealed, until they are hidden again; kept nowhere else. */
const revealed = new Map<string, Revealed>();

function Hidden({ address, name, onAsk }: { address: string; name: string; onAsk: () => void }) {
  const [, render] = useState({});
  const known = revealed.get(`${address} ${name}`);
  const left = known === undefined ? 0 : known.hideAt - now();
  useEffect(() => {
    if (left <= 0) return;
    const timer = setTimeout(() => {
      revealed.delete(`${address} ${name}`);
      render({});
    }, left);
    return () => clearTimeout(timer);
  }, [left > 0]);
  if (known !== undefined && left > 0) return <mark class="revealed">{known.value}</mark>;
  return (
    <button type="button" class="small" onClick={onAsk}>
      {t('reveal')}
    </button>
  );
}

/** The masked owner's id, for who may see it and says why. */
export function RevealedOwner({ address }: { address: string }) {
  const [isAsked, setAsked] = useState(false);
  if (!may('reveal')) return null;
  return (
    <>
      {' '}
      <Hidden address={address} name="owner" onAsk={() => setAsked(true)} />
      {isAsked && (
        <RevealDialog address={address} name="owner" label={t('actor.owner')} onClose={() => setAsked(false)} />
      )}
    </>
  );
}

interface RevealProps {
  readonly address: string;
  readonly name: string;
  readonly label: string;
  readonly onClose: () => void;
}

function RevealDialog({ address, name, label, onClose }: RevealProps) {
  const [reason, setReason] = useState('');
  const task = useTask();
  const submit = () =>
    task.run(async () => {
      const body = { field: name, reason: reason.trim() };
      const answer = await send<Revealed>('POST', `${actorPath(address)}/reveal`, { body });
      revealed.set(`${address} ${name}`, answer);
      onClose();
    });
  return (
    <Dialog title={t('reveal.title', { field: label })} onClose={onClose}>
      <Form onSubmit={submit}>
        <p class="muted">{t('reveal.help')}</p>
        <TextInput label={t('reason')} value={reason} onInput={setReason} required isFocused />
        {task.error !== null && <ProblemNote error={task.error} />}
        <footer>
          <button type="submit" class="primary" disabled={task.isBusy}>
            {t('reveal')}
          </button>
        </footer>
      </Form>
    </Dialog>
  );
}
