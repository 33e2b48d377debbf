/** The list that an actor was opened from, for going to the one before and after it with `[` and `]`. */
import { navigate } from './router.ts';

let hrefs: readonly string[] = [];

export function rememberList(list: readonly string[]): void {
  hrefs = list;
}

/** Goes `by` places on in the list, if the page now shown is in it and there is one. */
export function stepInList(by: 1 | -1): void {
  const at = hrefs.indexOf(location.pathname);
  const next = at < 0 ? undefined : hrefs[at + by];
  if (next !== undefined) navigate(next);
}
