/**
 * Alipay's RSA2 signatures (SHA256withRSA, PKCS#1 v1.5, base64), from the partner's side of the v2 gateway.
 *
 * Shares nothing with the Alipay client. An answer is signed over the raw text of its `…_response` object.
 */
import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import type { SandboxKeys } from './keys.ts';

export interface AlipaySigner {
  /** Whether `sign` is the app's signature over all other non-empty parameters, sorted, `k=v` joined by `&`. */
  isSignedByApp(parameters: ReadonlyMap<string, string>): boolean;
  /** Alipay's signature over a raw text. */
  sign(text: string): string;
}

export function createAlipaySigner(keys: SandboxKeys['alipay']): AlipaySigner {
  const appKey = createPublicKey({ key: Buffer.from(keys.appPublicKey, 'base64'), format: 'der', type: 'spki' });
  const ownKey = createPrivateKey({ key: Buffer.from(keys.alipayPrivateKey, 'base64'), format: 'der', type: 'pkcs8' });
  return {
    isSignedByApp: (parameters) => {
      const text = [...parameters]
        .filter(([name, value]) => name !== 'sign' && value !== '')
        .sort(([left], [right]) => (left < right ? -1 : 1))
        .map(([name, value]) => `${name}=${value}`)
        .join('&');
      const signature = Buffer.from(parameters.get('sign') ?? '', 'base64');
      return verify('RSA-SHA256', Buffer.from(text, 'utf8'), appKey, signature);
    },
    sign: (text) => sign('RSA-SHA256', Buffer.from(text, 'utf8'), ownKey).toString('base64'),
  };
}
