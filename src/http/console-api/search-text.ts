/**
 * What the text of a search is: a number as people paste it, or personal data, which is told to nobody and written nowhere.
 */
import { createHmac } from 'node:crypto';
import type { Payee } from '../deps.ts';

/** What people paste: in full width, with spaces inside, a leading `#`, invisible marks, a long number in groups. */
export function tidied(text: string): string {
  const plain = text
    .normalize('NFKC')
    .replace(/[\p{C}\p{Z}]/gu, '')
    .replace(/^#/, '');
  return /^\d[\d-]{9,}$/.test(plain) ? plain.replaceAll('-', '') : plain;
}

const MOBILE = /^(?:\+?86)?1[3-9]\d{9}$/;
const MAIL = /^[^@]+@[^@]+\.[^@]+$/;

/** What kind of personal data the text is, or null. */
export function personalKind(text: string): 'phone' | 'mail' | 'payee' | null {
  if (payeeIn(text) !== null) return 'payee';
  const q = tidied(text);
  if (MOBILE.test(q)) return 'phone';
  return MAIL.test(q) ? 'mail' : null;
}

/** A whole Alipay account, or its last four characters (of a mail address those before the `@`). */
const ACCOUNT = String.raw`(?:\d{11}|\d{16}|[\w.%+-]{1,64}@[\w.-]+|[\w.%+-]{4})`;
const HAN = String.raw`\p{Script=Han}[\p{Script=Han}·]*`;
/** A Latin name stands apart, or a ticket would be taken for one. */
const PAYEES = [
  `(?<account>${ACCOUNT})\\s*(?<name>${HAN})`,
  `(?<name>${HAN})\\s*(?<account>${ACCOUNT})`,
  `(?<account>\\d{4}|\\d{11})\\s+(?<name>\\p{L}+)`,
  `(?<name>\\p{L}+)\\s+(?<account>\\d{4}|\\d{11})`,
].map((pattern) => new RegExp(`^${pattern}$`, 'u'));

/** The payee that a text such as `5678 张`, `张5678` or `ming 李` names; null for any other text. */
export function payeeIn(text: string): Payee | null {
  const plain = text.normalize('NFKC').trim();
  for (const pattern of PAYEES) {
    const { account, name } = pattern.exec(plain)?.groups ?? {};
    if (account !== undefined && name !== undefined) return { identity: account, name };
  }
  return null;
}

/** Equal for equal texts, however they were typed, and tells nothing about them without the key. */
export function blinded(text: string, key: string | Uint8Array): string {
  const payee = payeeIn(text);
  const said = payee === null ? tidied(text) : `${payee.identity} ${payee.name}`;
  return createHmac('sha256', key).update(`search:${said.toLowerCase()}`).digest('base64url').slice(0, 22);
}
