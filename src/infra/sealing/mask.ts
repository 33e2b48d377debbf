/**
 * What people may see of payee data: enough to recognise one's own account, never enough to use it.
 *
 * Owns the display rule (Alipay's own: of a phone number the first three and the last two digits, of a name only its
 * last character).
 * Invariant: at most five characters are shown, always fewer than there are, and none that is invisible.
 */

const HIDDEN = '*';

/** `138******12`; short ones show less, a single character nothing. */
export function maskIdentity(identity: string): string {
  const characters = toCharacters(identity);
  const count = characters.length;
  if (count >= 8) return show(characters.slice(0, 3), 6, characters.slice(-2));
  if (count >= 4) return show(characters.slice(0, 1), 3, characters.slice(-1));
  return show([], 3, count > 1 ? characters.slice(-1) : []);
}

/** `*三`, `**丰`. */
export function maskName(name: string): string {
  const characters = toCharacters(name);
  return show([], characters.length > 2 ? 2 : 1, characters.length > 1 ? characters.slice(-1) : []);
}

function toCharacters(text: string): string[] {
  return Array.from(text.trim().toWellFormed());
}

/** Controls, spaces and combining marks would change how the rest is read. */
function show(first: string[], hiddenCount: number, last: string[]): string {
  const visible = (characters: string[]) => characters.map((c) => (/[\p{C}\p{Z}\p{M}]/u.test(c) ? HIDDEN : c)).join('');
  return visible(first) + HIDDEN.repeat(hiddenCount) + visible(last);
}
