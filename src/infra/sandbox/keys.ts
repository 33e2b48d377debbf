/**
 * The sandbox's credentials, made once per data folder: what a real partner would hand out at registration.
 *
 * Owns: `keys.json` (mode 0600). The partner's own private key never leaves it; the app's key and secret are given to
 * the server by environment. `salt` keys the digests that stand for personal data in the books.
 */
import { createHmac, generateKeyPairSync, randomBytes, randomInt } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from './book.ts';

export interface SandboxKeys {
  readonly taobao: { readonly appKey: string; readonly appSecret: string };
  /** RSA keys as one-line base64 of DER: private ones PKCS#8, public ones SPKI. */
  readonly alipay: {
    readonly appId: string;
    readonly appPrivateKey: string;
    readonly appPublicKey: string;
    readonly alipayPrivateKey: string;
    readonly alipayPublicKey: string;
  };
  readonly salt: string;
}

/** The folder's keys, made and stored durably at the first call. A crash while making them leaves none or all. */
export async function loadKeys(dir: string): Promise<SandboxKeys> {
  const path = join(dir, 'keys.json');
  const stored = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (stored !== undefined) return JSON.parse(stored) as SandboxKeys;
  const keys = makeKeys();
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const file = await open(`${path}.new`, 'w', 0o600);
  try {
    await file.writeFile(`${JSON.stringify(keys, null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
  await syncFolder(dir);
  return keys;
}

/** A digest that tells equal texts without telling the text to whoever lacks the folder's key file. */
export function keyedDigest(keys: SandboxKeys, text: string): string {
  return createHmac('sha256', keys.salt).update(text, 'utf8').digest('hex').slice(0, 32);
}

function makeKeys(): SandboxKeys {
  const [appPrivateKey, appPublicKey] = makeRsaPair();
  const [alipayPrivateKey, alipayPublicKey] = makeRsaPair();
  return {
    taobao: { appKey: String(randomInt(20_000_000, 40_000_000)), appSecret: randomBytes(16).toString('hex') },
    alipay: {
      appId: `2021${String(randomInt(1e12)).padStart(12, '0')}`,
      appPrivateKey,
      appPublicKey,
      alipayPrivateKey,
      alipayPublicKey,
    },
    salt: randomBytes(32).toString('hex'),
  };
}

function makeRsaPair(): [privateKey: string, publicKey: string] {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
    publicKeyEncoding: { type: 'spki', format: 'der' },
  });
  return [privateKey.toString('base64'), publicKey.toString('base64')];
}
