import { followed, toggleFollowed } from '../lib/followed.ts';
import { useObservable } from '../lib/observable.ts';
import { t } from '../lib/words.ts';

/** ★: shown on the start page of this device. */
export function Follow({ address }: { address: string }) {
  const isFollowed = useObservable(followed).includes(address);
  return (
    <button type="button" class="quiet" aria-pressed={isFollowed} onClick={() => toggleFollowed(address)}>
      {isFollowed ? `★ ${t('follow.on')}` : `☆ ${t('follow.off')}`}
    </button>
  );
}
