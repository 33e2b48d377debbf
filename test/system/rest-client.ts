/**
 * A client of the REST face that knows it by its documents only: tokens of its own making, requests that are repeated
 * until they are answered for good, lists read to their end.
 */
import { createHash, createHmac } from 'node:crypto';
import { JWT_SECRET, pause } from '../support/server-process.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

export type Body = Readonly<Record<string, unknown>>;

export interface Account {
  readonly userId: string;
  readonly pendingFen: number;
  readonly availableFen: number;
  readonly heldFen: number;
  readonly debtFen: number;
  readonly seq: number;
}

/** Of `/v1/staff/nodes`. */
export interface NodeEntry {
  readonly id: string;
  readonly role: string;
  readonly startedAt: string;
  readonly heartbeatAt: string;
  readonly batch: number;
  readonly watermark: number;
  readonly lag: number;
  readonly status: 'live' | 'silent' | 'retired';
}

export interface Withdrawal {
  readonly id: string;
  readonly status: 'processing' | 'review' | 'paid' | 'failed' | 'denied' | 'canceled';
  readonly state: string;
  readonly amountFen: number;
  readonly reason?: string;
  readonly createdAt: string;
  readonly paidAt?: string;
}

export interface LedgerRow {
  readonly seq: number;
  readonly kind: string;
  readonly pendingFen: number;
  readonly availableFen: number;
  readonly heldFen: number;
  readonly debtFen: number;
  readonly orderId?: string;
  readonly withdrawalId?: string;
}

export interface Payee {
  readonly identity: string;
  readonly name: string;
}

export const FINAL: readonly string[] = ['paid', 'failed', 'denied', 'canceled'];

const REQUEST_TIMEOUT_MS = 15_000;
const RETRY_MS = 60;

/** A token by RFC 7519, signed by hand. */
export function token(sub: string, role?: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const exp = Math.floor(Date.now() / 1000) + 3_600;
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ sub, exp, ...(role !== undefined && { role }) })}`;
  return `${signed}.${createHmac('sha256', JWT_SECRET).update(signed).digest('base64url')}`;
}

/** The id that the documents promise for a key: 26 base32 characters of SHA-256(user, 0, key). */
export function withdrawalId(userId: string, key: string): string {
  const bits = [...createHash('sha256').update(`${userId}\0${key}`).digest()]
    .map((byte) => byte.toString(2).padStart(8, '0'))
    .join('');
  const letters = Array.from({ length: 26 }, (_, index) => Number.parseInt(bits.slice(index * 5, index * 5 + 5), 2));
  return `wd_${letters.map((value) => 'abcdefghijklmnopqrstuvwxyz234567'[value]).join('')}`;
}

export class RestClient {
  readonly #url: () => string;
  readonly #token: string;

  /** The URL is asked for anew each time, as the server may have moved. */
  constructor(url: string | (() => string), bearer: string) {
    this.#url = typeof url === 'string' ? () => url : url;
    this.#token = bearer;
  }

  /** One request, one answer. Rejects when there is none. */
  async send(method: string, path: string, body?: object, headers: Record<string, string> = {}): Promise<Answer> {
    const response = await fetch(`${this.#url()}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.#token}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    return { status: response.status, headers: response.headers, body: (await response.json()) as Body };
  }

  /** The same request again until it is answered by something other than "later". @throws Error after `withinMs`. */
  async settle(method: string, path: string, body?: object, headers: Record<string, string> = {}, withinMs = 120_000) {
    const deadline = performance.now() + withinMs;
    for (;;) {
      const answer = await this.send(method, path, body, headers).catch((error: unknown) => error as Error);
      const isLater = answer instanceof Error || answer.status === 429 || answer.status === 503;
      if (!isLater) return answer;
      if (performance.now() > deadline) {
        throw new Error(`no answer to ${method} ${path}: ${answer instanceof Error ? answer : answer.status}`);
      }
      await pause(RETRY_MS);
    }
  }

  /** What a GET answers with 200. */
  async read<T>(path: string): Promise<T> {
    const { status, body } = await this.settle('GET', path);
    if (status !== 200) throw new Error(`GET ${path}: ${status} ${JSON.stringify(body)}`);
    return body as T;
  }

  account(): Promise<Account> {
    return this.read<Account>('/v1/account');
  }

  withdrawal(id: string): Promise<Withdrawal> {
    return this.read<Withdrawal>(`/v1/withdrawals/${id}`);
  }

  withdraw(key: string, amountFen: number, account: Payee): Promise<Answer> {
    return this.settle('POST', '/v1/withdrawals', { amountFen, account }, { 'idempotency-key': key });
  }

  /** A list to its end, newest first. */
  async list<T>(path: string): Promise<T[]> {
    const all: T[] = [];
    for (let cursor = ''; ; ) {
      const page = await this.read<{ data: T[]; nextCursor: string | null; hasMore: boolean }>(
        `${path}?limit=100${cursor}`,
      );
      all.push(...page.data);
      if (!page.hasMore) return all;
      cursor = `&cursor=${encodeURIComponent(page.nextCursor ?? '')}`;
    }
  }
}

/** The columns of a ledger, summed. */
export function sumOf(
  rows: readonly LedgerRow[],
): Pick<Account, 'pendingFen' | 'availableFen' | 'heldFen' | 'debtFen'> {
  const sum = (pick: (row: LedgerRow) => number) => rows.reduce((total, row) => total + pick(row), 0);
  return {
    pendingFen: sum((row) => row.pendingFen),
    availableFen: sum((row) => row.availableFen),
    heldFen: sum((row) => row.heldFen),
    debtFen: sum((row) => row.debtFen),
  };
}
