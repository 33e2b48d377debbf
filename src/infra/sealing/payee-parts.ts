/**
 * The two parts of a payee by which support finds the account of somebody on the phone.
 *
 * Owns how they are cut, in what is sealed and in what is searched alike: of both the whole and the part give the part.
 */

const TAIL_LENGTH = 4;

/** The last four characters of a phone number or member id; of a mail address those before the `@`. In lower case. */
export function tailOf(identity: string): string {
  const [account = ''] = plain(identity).split('@');
  return Array.from(account).slice(-TAIL_LENGTH).join('');
}

/** The first character of a name, in lower case. */
export function initialOf(name: string): string {
  return Array.from(plain(name))[0] ?? '';
}

function plain(text: string): string {
  return text.normalize('NFKC').toLowerCase().trim();
}
