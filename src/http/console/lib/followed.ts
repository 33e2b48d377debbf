/** The actors that a person follows, kept on this device. */
import { observable } from './observable.ts';

const KEY = 'console.followed';
const MOST = 50;

export const followed = observable<readonly string[]>(stored());

function stored(): readonly string[] {
  try {
    const list: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(list) ? list.filter((address) => typeof address === 'string') : [];
  } catch {
    return [];
  }
}

/** Follows it, or no longer. */
export function toggleFollowed(address: string): void {
  const list = followed.get();
  const next = list.includes(address) ? list.filter((other) => other !== address) : [address, ...list].slice(0, MOST);
  followed.set(next);
  try {
    localStorage.setItem(KEY, JSON.stringify(next));
  } catch {
    // Followed as long as the page is open.
  }
}
