/** What staff may do here; what they may not is listed with the reason. */
import { useState } from 'preact/hooks';
import type { Action, ActionList } from '../../console-api/action-schemas.ts';
import { actorPath } from '../lib/api.ts';
import { useKeys } from '../lib/keys.ts';
import { live } from '../lib/live.ts';
import { useObservable } from '../lib/observable.ts';
import type { Resource } from '../lib/resource.ts';
import { useResource } from '../lib/resource.ts';
import { hrefOf } from '../lib/router.ts';
import { inLocale, t } from '../lib/words.ts';
import { Chip, Locked } from '../ui/atoms.tsx';
import { Empty, Loaded } from '../ui/views.tsx';
import { ActionDialog } from './action-dialog.tsx';

interface ActionsProps {
  readonly address: string;
  readonly titleOf: (state: string) => string;
  /** The past cannot be acted on. */
  readonly isPast: boolean;
}

function useActions(address: string): Resource<ActionList> {
  return useResource<ActionList>(`${actorPath(address)}/actions`, `actor:${address}`);
}

export function Actions({ address, titleOf, isPast }: ActionsProps) {
  const list = useActions(address);
  const [chosen, setChosen] = useState<Action | null>(null);
  const isOffline = useObservable(live).state === 'offline';
  useKeys({
    x: (event) => {
      event.preventDefault();
      document.querySelector<HTMLButtonElement>('.actions button')?.focus();
    },
  });
  return (
    <div class="actions">
      <Loaded of={list} lines={2}>
        {({ actions, pending }) => {
          if (actions.length === 0) return <Empty title={t('actions.none')} />;
          return (
            <ul>
              {actions.map((action) => (
                <li key={action.event}>
                  <button
                    type="button"
                    data-event={action.event}
                    disabled={!action.isAvailable || isPast || isOffline}
                    onClick={() => setChosen(action)}
                  >
                    {inLocale(action.title)}
                    {action.secondPerson !== 'no' && <Chip tone="warn">{t('actions.second')}</Chip>}
                  </button>
                  <small class="muted">
                    {isPast || isOffline ? (
                      t(isPast ? 'actions.past' : 'actions.offline')
                    ) : action.refusal === null ? (
                      inLocale(action.help)
                    ) : (
                      <Locked>{inLocale(action.refusal.detail)}</Locked>
                    )}
                  </small>
                  {pending
                    .filter(({ event }) => event === action.event)
                    .map(({ approval, requestedBy }) => (
                      <a key={approval} href={hrefOf(['approvals', approval])}>
                        {t('actions.pending', { by: requestedBy })}
                      </a>
                    ))}
                </li>
              ))}
            </ul>
          );
        }}
      </Loaded>
      {chosen !== null && (
        <ActionDialog address={address} action={chosen} titleOf={titleOf} onClose={() => setChosen(null)} />
      )}
    </div>
  );
}
