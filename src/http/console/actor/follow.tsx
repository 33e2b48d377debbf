import { actorPath } from '../lib/api.ts';
import { changeDesk, desk } from '../lib/desk.ts';
import { useObservable } from '../lib/observable.ts';
import { t } from '../lib/words.ts';
import { Chip } from '../ui/atoms.tsx';
import { useTask } from '../ui/form.tsx';

/** ★: shown on the start page, on every device of this person. */
export function Follow({ address }: { address: string }) {
  const isFollowed = useObservable(desk).followed.includes(address);
  const task = useTask();
  const toggle = () => task.run(() => changeDesk(`${actorPath(address)}/${isFollowed ? 'unfollow' : 'follow'}`));
  return (
    <>
      <button type="button" class="quiet" aria-pressed={isFollowed} disabled={task.isBusy} onClick={toggle}>
        {isFollowed ? `★ ${t('follow.on')}` : `☆ ${t('follow.off')}`}
      </button>
      <span role="status">{task.error !== null && <Chip tone="bad">{task.error.title}</Chip>}</span>
    </>
  );
}
