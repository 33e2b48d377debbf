/**
 * Reading RSA keys in every form the Alipay key tools and consoles hand out: PEM or one line of base64, PKCS#1 or
 * PKCS#8 (private), PKCS#1 or SPKI (public). Both come out as the one PEM the SDK takes without guessing.
 */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';

/** PKCS#8 PEM of the key. @throws TypeError when it is no RSA private key; the text is never quoted. */
export function toPrivateKeyPem(text: string): string {
  const key = firstReadable(text, (der) => [
    () => createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }),
    () => createPrivateKey({ key: der, format: 'der', type: 'pkcs1' }),
  ]);
  if (!key) throw new TypeError('the Alipay private key is neither PKCS#8 nor PKCS#1, as PEM or base64');
  return key.export({ format: 'pem', type: 'pkcs8' }) as string;
}

/** SPKI PEM of the key. @throws TypeError when it is no RSA public key. */
export function toPublicKeyPem(text: string): string {
  const key = firstReadable(text, (der) => [
    () => createPublicKey({ key: der, format: 'der', type: 'spki' }),
    () => createPublicKey({ key: der, format: 'der', type: 'pkcs1' }),
  ]);
  if (!key) throw new TypeError('the Alipay public key is neither SPKI nor PKCS#1, as PEM or base64');
  return key.export({ format: 'pem', type: 'spki' }) as string;
}

/** The armour of a PEM says less than its content, so only the content is tried. */
function firstReadable(text: string, readers: (der: Buffer) => readonly (() => KeyObject)[]): KeyObject | undefined {
  const base64 = text.replaceAll('\\n', '\n').replace(/-----[^-]+-----/g, '');
  for (const read of readers(Buffer.from(base64, 'base64'))) {
    try {
      const key = read();
      if (key.asymmetricKeyType === 'rsa') return key;
    } catch {
      // Not in this form; the next one may be it.
    }
  }
  return undefined;
}
