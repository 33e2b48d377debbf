/** Requests to the console's API, and the one error they end in. */
import type { Session } from '../../console-api/staff-schemas.ts';
import { observable } from './observable.ts';
import { locale } from './preferences.ts';
import { t } from './words.ts';

const API = '/console/api';
const TIMEOUT_MS = 15_000;

/** Who is signed in; null: nobody; undefined: not known yet. */
export const session = observable<Session | null | undefined>(undefined);

/** An RFC 9457 problem as the server told it, or `OFFLINE` when no server answered. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly traceId: string | null;
  readonly problem: Readonly<Record<string, unknown>>;

  constructor(status: number, problem: Readonly<Record<string, unknown>>) {
    const { code, title, detail, traceId } = problem;
    super(String(detail ?? title ?? code ?? status));
    this.status = status;
    this.code = String(code ?? `HTTP_${status}`);
    this.title = String(title ?? this.message);
    this.traceId = typeof traceId === 'string' ? traceId : null;
    this.problem = problem;
  }

  get isOffline(): boolean {
    return this.status === 0;
  }
}

interface Options {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export function get<T>(path: string, options: Options = {}): Promise<T> {
  return request<T>('GET', path, options);
}

/** Sends JSON with the session's csrf token. */
export function send<T>(method: 'POST' | 'PUT' | 'DELETE', path: string, options: Options = {}): Promise<T> {
  return request<T>(method, path, options);
}

/** @throws ApiError, or the signal's AbortError. */
async function request<T>(method: string, path: string, { body, headers, signal }: Options): Promise<T> {
  const response = await fetch(API + path, {
    method,
    headers: {
      accept: 'application/json',
      'accept-language': locale.get(),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(method === 'GET' ? {} : { 'x-csrf-token': session.get()?.csrfToken ?? '' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.any([AbortSignal.timeout(TIMEOUT_MS), ...(signal === undefined ? [] : [signal])]),
  }).catch((error: unknown) => {
    if (signal?.aborted === true) throw error;
    throw new ApiError(0, { code: 'OFFLINE', title: t('error.offline.title'), detail: t('error.offline.help') });
  });
  const answer =
    response.status === 204 ? undefined : await response.json().catch(() => ({ title: response.statusText }));
  if (response.ok) return answer as T;
  if (response.status === 401 && path !== '/session') session.set(null);
  throw new ApiError(response.status, answer as Readonly<Record<string, unknown>>);
}

/** Asks who is signed in; leaves what is known when no server answers. */
export async function loadSession(): Promise<void> {
  try {
    session.set(await get<Session>('/session'));
  } catch (error) {
    if (error instanceof ApiError && !error.isOffline) session.set(null);
    else throw error;
  }
}

/** A key for one wish of a person: sent again unchanged, it has one effect. */
export function newIdempotencyKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The path of an actor in the API, by its address `type/id`. */
export function actorPath(address: string): string {
  const slash = address.indexOf('/');
  return `/actors/${encodeURIComponent(address.slice(0, slash))}/${encodeURIComponent(address.slice(slash + 1))}`;
}
