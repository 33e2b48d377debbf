/**
 * How TOP checks a signature, written from the partner's side (TOP "API calling protocol"; the newest official SDK).
 *
 * Shares nothing with the Taobao client: the two must agree by the protocol alone.
 */
import { createHash, createHmac } from 'node:crypto';

const SIGNERS: Readonly<Record<string, (text: string, secret: string) => string>> = {
  md5: (text, secret) => createHash('md5').update(`${secret}${text}${secret}`, 'utf8').digest('hex'),
  hmac: (text, secret) => createHmac('md5', secret).update(text, 'utf8').digest('hex'),
  'hmac-sha256': (text, secret) => createHmac('sha256', secret).update(text, 'utf8').digest('hex'),
};

/** The signature TOP expects for these parameters; undefined for an unknown `sign_method`. Empty ones are skipped. */
export function topSignature(parameters: ReadonlyMap<string, string>, secret: string): string | undefined {
  const signer = SIGNERS[parameters.get('sign_method') ?? ''];
  const text = [...parameters]
    .filter(([name, value]) => name !== 'sign' && name !== '' && value !== '')
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, value]) => name + value)
    .join('');
  return signer?.(text, secret).toUpperCase();
}
