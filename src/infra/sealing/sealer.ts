/**
 * Payee data under a key of the user's own: what the journal, its hashes and every backup hold is ciphertext, and
 * forgetting the key forgets the person.
 *
 * Owns the format. A sealed payee is `s1.<key id>.<iv, ciphertext, tag>`, a wrapped key `w1.<iv, ciphertext, tag>`, both
 * AES-256-GCM, binary parts in base64url. Who stores wrapped keys is a `UserKeys` adapter.
 * Invariants:
 * K1  The user id is authenticated with both: nothing sealed or wrapped for one user opens for another.
 * K2  The key is read anew each time, so once `erase` has returned nothing of that user opens on any node.
 * K3  A wrong data key, a changed ciphertext or another format is an error, never taken for an erased key.
 * K4  A user is found by the payee sealed last, for as long as the key is there. What is kept for that is a mark: the same
 *     for the same last four and initial, telling nothing about them without the data key, and erased with the user's key.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { initialOf, tailOf } from './payee-parts.ts';

export interface Payee {
  readonly identity: string;
  readonly name: string;
}

/** Keeps one wrapped key per user, outside the journal, since it must be erasable. */
export interface UserKeys {
  get(userId: string): Promise<string | null>;
  /** Inserts where there is none; answers the stored one, so two first uses at once end with the same key. */
  put(userId: string, wrapped: string): Promise<string>;
  /** Forgets the mark too. */
  erase(userId: string): Promise<void>;
  /** What the user is found by from now on, and by nothing else. A user without a key is found by nothing. */
  mark(userId: string, mark: string): Promise<void>;
  /** Users with that mark, by their ids in order, at most so many. */
  marked(mark: string, limit: number): Promise<readonly string[]>;
}

export interface Sealer {
  /** Seals for this user, making the key at first use, and lets the user be found by it. Two seals of the same payee differ. */
  seal(userId: string, payee: Payee): Promise<string>;
  /** The payee, or null when the key it was sealed with is erased. @throws Error for anything else that does not open. */
  open(userId: string, sealed: string): Promise<Payee | null>;
  /** The same text of the same user gives the same 43 characters, which tell nothing about it once the key is erased. */
  fingerprint(userId: string, text: string): Promise<string>;
  /** Users whose payee sealed last has these last four and this initial; whole identities and names are cut to them. */
  usersNaming(payee: Payee, limit: number): Promise<readonly string[]>;
  /** Forgets the user's key for ever. Again is fine. What is sealed afterwards is under a new key. */
  erase(userId: string): Promise<void>;
}

const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const SEALED = /^s1\.([\w-]{12})\.([\w-]+)$/;
const WRAPPED = /^w1\.([\w-]+)$/;

/** The 32 bytes of `DATA_KEY`, from 64 hex digits or base64. @throws TypeError for anything else; it never quotes it. */
export function parseDataKey(text: string): Buffer {
  const trimmed = text.trim();
  const key = Buffer.from(trimmed, /^[0-9a-f]{64}$/i.test(trimmed) ? 'hex' : 'base64');
  if (key.length !== KEY_BYTES || !/^[A-Za-z0-9+/_-]+=?$/.test(trimmed)) {
    throw new TypeError('a data key is 32 bytes as 64 hex digits or as base64');
  }
  return key;
}

/** Returns the sealer over `userKeys`, whose keys are wrapped by `dataKey` (32 bytes, see `parseDataKey`). */
export function createSealer(dataKey: Buffer, userKeys: UserKeys): Sealer {
  const existingKey = async (userId: string): Promise<Buffer | null> => {
    const wrapped = await userKeys.get(userId);
    return wrapped === null ? null : unwrap(dataKey, userId, wrapped);
  };
  const ensuredKey = async (userId: string): Promise<Buffer> => {
    const existing = await existingKey(userId);
    if (existing !== null) return existing;
    const fresh = `w1.${encrypt(dataKey, `key:${userId}`, randomBytes(KEY_BYTES))}`;
    return unwrap(dataKey, userId, await userKeys.put(userId, fresh));
  };
  const markKey = subkey(dataKey, 'payee mark');
  const markOf = ({ identity, name }: Payee): string =>
    createHmac('sha256', markKey)
      .update(JSON.stringify([tailOf(identity), initialOf(name)]))
      .digest('base64url');
  return {
    async seal(userId, { identity, name }) {
      const key = await ensuredKey(userId);
      await userKeys.mark(userId, markOf({ identity, name }));
      return `s1.${idOf(key)}.${encrypt(key, `payee:${userId}`, Buffer.from(JSON.stringify({ identity, name })))}`;
    },
    async open(userId, sealed) {
      const [, keyId, box = ''] = SEALED.exec(sealed) ?? [];
      if (keyId === undefined) throw new Error('a sealed payee has an unknown format');
      const key = await existingKey(userId);
      if (key === null || idOf(key) !== keyId) return null;
      return JSON.parse(decrypt(key, `payee:${userId}`, box).toString()) as Payee;
    },
    async fingerprint(userId, text) {
      const key = subkey(await ensuredKey(userId), 'fingerprint');
      return createHmac('sha256', key).update(text).digest('base64url');
    },
    usersNaming: (payee, limit) => userKeys.marked(markOf(payee), limit),
    erase: (userId) => userKeys.erase(userId),
  };
}

function unwrap(dataKey: Buffer, userId: string, wrapped: string): Buffer {
  const box = WRAPPED.exec(wrapped)?.[1];
  if (box === undefined) throw new Error('a wrapped user key has an unknown format');
  return decrypt(dataKey, `key:${userId}`, box);
}

function encrypt(key: Buffer, boundTo: string, plain: Buffer): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(boundTo));
  return Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]).toString('base64url');
}

function decrypt(key: Buffer, boundTo: string, box: string): Buffer {
  const bytes = Buffer.from(box, 'base64url');
  if (bytes.length < IV_BYTES + TAG_BYTES) throw new Error('a sealed text is cut off');
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
    .setAAD(Buffer.from(boundTo))
    .setAuthTag(bytes.subarray(-TAG_BYTES));
  return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]);
}

/** Tells one key of a user from the next, so that text under an erased key is known as such. */
function idOf(key: Buffer): string {
  return subkey(key, 'id').subarray(0, 9).toString('base64url');
}

function subkey(key: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, '', purpose, KEY_BYTES));
}
