/**
 * User ids that say something about a person, covered in all that the console sends and uncovered in what comes back.
 *
 * A cover stands for the id wherever it stood (addresses and links included), is the same for the same id on every node,
 * and opens under the console's own key only. It shows of the id what the display rule lets through, so that a customer
 * can be recognised: `masked.138-00.…`. Free text that people wrote stays as it is.
 */
import { createCipheriv, createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { isActorId } from '../../actors/address.ts';
import type { App } from '../deps.ts';

/** `personal`: ids that look like a phone number, an e-mail address or an identity number. */
export type MaskedIds = 'personal' | 'all' | 'none';

const COVER = /masked\.[A-Za-z0-9]*-[A-Za-z0-9]*\.([A-Za-z0-9_-]{12,240})/g;
/** An actor whose id is a user's, wherever its address stands: in a topic, a message id, a list. */
const USERS_ACTOR = /(?<![A-Za-z0-9])(member|balance)\/([A-Za-z0-9_][A-Za-z0-9_.@-]{0,127})/g;
const PERSONAL = [/^(?:\+?86)?1[3-9]\d{9}$/, /^[^@]+@[^@]+\.[^@]+$/, /^\d{17}[\dXx]$/];
const TAG_BYTES = 9;
const NO_BYTES = Buffer.alloc(0);

export class Veil {
  readonly #key: Buffer;
  readonly #mode: MaskedIds;

  constructor(key: string | Uint8Array, mode: MaskedIds) {
    this.#key = createHmac('sha256', key).update('user ids').digest();
    this.#mode = mode;
  }

  get isOff(): boolean {
    return this.#mode === 'none';
  }

  /** The id as it is shown: itself where nothing is to be covered. */
  id(id: string): string {
    return this.#hides(id) ? this.#cover(id) : id;
  }

  /** Text with every user's address in it covered. */
  text(text: string): string {
    if (!text.includes('member/') && !text.includes('balance/')) return text;
    return text.replace(USERS_ACTOR, (_, type: string, id: string) => `${type}/${this.id(id)}`);
  }

  /** Data as it is sent. What stands anywhere in it as a user's id, or is `known` to be one, is covered wherever it stands. */
  cover<T>(data: T, known: Iterable<string> = []): T {
    if (this.isOff) return data;
    const ids = new Set(known);
    collect(data, ids);
    const covers = new Map([...ids].filter((id) => this.#hides(id)).map((id) => [id, this.#cover(id)]));
    return covers.size === 0 ? data : (this.#covered(data, covers) as T);
  }

  /** The ids behind the covers in what a request brought, each told; what is no cover of ours stays as it is. */
  uncover(text: string, tell: (id: string) => void = () => {}): string {
    return text.replace(COVER, (cover, sealed: string) => {
      const id = this.#open(sealed);
      if (id === undefined) return cover;
      tell(id);
      return id;
    });
  }

  #hides(id: string): boolean {
    if (this.#mode === 'all') return true;
    return this.#mode === 'personal' && PERSONAL.some((pattern) => pattern.test(id));
  }

  /** Deterministic: the initial vector is what the id and the key make, and proves both. */
  #cover(id: string): string {
    const tag = this.#tag(id);
    const cipher = createCipheriv('aes-256-ctr', this.#key, vectorOf(tag));
    const sealed = Buffer.concat([tag, cipher.update(id, 'utf8'), cipher.final()]).toString('base64url');
    return `masked.${hintOf(id)}.${sealed}`;
  }

  #open(sealed: string): string | undefined {
    const bytes = Buffer.from(sealed, 'base64url');
    const tag = bytes.subarray(0, TAG_BYTES);
    const cipher = createDecipheriv('aes-256-ctr', this.#key, vectorOf(tag));
    const id = Buffer.concat([cipher.update(bytes.subarray(TAG_BYTES)), cipher.final()]).toString('utf8');
    return isActorId(id) && tag.length === TAG_BYTES && timingSafeEqual(tag, this.#tag(id)) ? id : undefined;
  }

  #tag(id: string): Buffer {
    return createHmac('sha256', this.#key).update(`id:${id}`).digest().subarray(0, TAG_BYTES);
  }

  #covered(data: unknown, covers: ReadonlyMap<string, string>): unknown {
    if (typeof data === 'string') return covers.get(data) ?? coverInCause(this.text(data), covers);
    if (Array.isArray(data)) return data.map((item) => this.#covered(item, covers));
    if (typeof data !== 'object' || data === null) return data;
    return Object.fromEntries(Object.entries(data).map(([key, inner]) => [key, this.#covered(inner, covers)]));
  }
}

/** Who sent a message, as the runtime writes it. */
function coverInCause(text: string, covers: ReadonlyMap<string, string>): string {
  return text.startsWith('api:') ? `api:${covers.get(text.slice(4)) ?? text.slice(4)}` : text;
}

/** Adds every string that the data itself says is a user's id. */
function collect(data: unknown, ids: Set<string>): void {
  if (typeof data === 'string') {
    if (data.startsWith('api:')) ids.add(data.slice(4));
    else if (data.includes('/')) for (const [, , id = ''] of data.matchAll(USERS_ACTOR)) ids.add(id);
    return;
  }
  if (typeof data !== 'object' || data === null) return;
  if (Array.isArray(data)) {
    for (const item of data) collect(item, ids);
    return;
  }
  const { userId, owner, snoozedUntil, cause, by } = data as Record<string, unknown>;
  // An incident's owner is one of the staff; every other is a user.
  for (const id of [userId, snoozedUntil === undefined ? owner : null, cause === 'app' ? by : null]) {
    if (typeof id === 'string') ids.add(id);
  }
  for (const inner of Object.values(data)) collect(inner, ids);
}

function vectorOf(tag: Buffer): Buffer {
  return Buffer.concat([tag, NO_BYTES], 16);
}

/** Of a long id the first three and the last two characters, as of a phone number; of a short one less. */
function hintOf(id: string): string {
  const plain = (text: string) => text.replace(/[^A-Za-z0-9]/g, '');
  if (id.length >= 11) return `${plain(id.slice(0, 3))}-${plain(id.slice(-2))}`;
  return id.length >= 6 ? `${plain(id.slice(0, 1))}-${plain(id.slice(-1))}` : '-';
}

/** People's own words, and paths that are kept as they came. */
const LEFT_ALONE: readonly string[] = ['text', 'reason', 'name', 'path', 'password', 'current', 'next'];

/**
 * Covers every answer of the app's routes and problem documents, and uncovers what requests bring. What is sent as a
 * stream is covered by who sends it.
 */
export function installVeil(app: App, veil: Veil): void {
  if (veil.isOff) return;
  /** Of whom a request is: an answer may name them by nothing but the id. */
  const asked = new WeakMap<FastifyRequest, Set<string>>();
  app.addHook('preValidation', async (request) => {
    const ids = new Set<string>();
    for (const part of [request.params, request.query, request.body]) uncoverIn(veil, part, (id) => ids.add(id));
    const { type, id, userId } = request.params as Readonly<Record<string, string>>;
    if (userId !== undefined) ids.add(userId);
    if (id !== undefined && (type === 'member' || type === 'balance')) ids.add(id);
    asked.set(request, ids);
  });
  app.addHook('preSerialization', async (request, _, payload) =>
    request.routeOptions.url?.endsWith('/reveal') === true ? payload : veil.cover(payload, asked.get(request)),
  );
  app.addHook('onSend', async (request, { statusCode }, payload) =>
    statusCode >= 400 && typeof payload === 'string' && payload.startsWith('{')
      ? JSON.stringify(veil.cover(JSON.parse(payload), asked.get(request)))
      : payload,
  );
}

function uncoverIn(veil: Veil, data: unknown, tell: (id: string) => void): void {
  if (typeof data !== 'object' || data === null) return;
  const fields = data as Record<string, unknown>;
  for (const [key, value] of Object.entries(fields)) {
    if (LEFT_ALONE.includes(key)) continue;
    if (typeof value === 'string') fields[key] = veil.uncover(value, tell);
    else uncoverIn(veil, value, tell);
  }
}
