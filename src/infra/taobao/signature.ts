/**
 * TOP request signatures: md5, hmac (HMAC-MD5) and hmac-sha256, as TOP doc 101617 and the official Go SDK compute them.
 *
 * Invariant: what is signed is byte for byte what is sent. Both take their parameters from `toParams`, which turns
 * values to text first and leaves empty ones out, since SDKs (and so gateways) differ on whether those are signed.
 */
import { createHash, createHmac } from 'node:crypto';

export const SIGN_METHODS = ['md5', 'hmac', 'hmac-sha256'] as const;
export type SignMethod = (typeof SIGN_METHODS)[number];

/** Parameters as text, none of them empty. */
export type TopParams = Readonly<Record<string, string>>;

/** Parameters as code has them: an object or array becomes one JSON text; undefined and '' are not sent at all. */
export type TopInput = Readonly<Record<string, string | number | boolean | object | undefined>>;

export function toParams(input: TopInput): TopParams {
  const params: Record<string, string> = {};
  for (const [name, value] of Object.entries(input)) {
    const text = typeof value === 'object' ? JSON.stringify(value) : String(value ?? '');
    if (text !== '') params[name] = text;
  }
  return params;
}

/** The signature of all of `params` (public and business ones, `sign` not among them), in upper-case hex. */
export function sign(params: TopParams, secret: string, method: SignMethod): string {
  const text = Object.keys(params)
    .sort()
    .map((name) => name + params[name])
    .join('');
  return digest(text, secret, method).toUpperCase();
}

function digest(text: string, secret: string, method: SignMethod): string {
  switch (method) {
    case 'md5':
      return createHash('md5')
        .update(secret + text + secret)
        .digest('hex');
    case 'hmac':
      return createHmac('md5', secret).update(text).digest('hex');
    case 'hmac-sha256':
      return createHmac('sha256', secret).update(text).digest('hex');
  }
}
