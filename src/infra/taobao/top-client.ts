/**
 * The TOP gateway client: signs a call, posts it, and says in one typed result what came back.
 *
 * Owns the wire (public parameters, form body, time limit, size limit, no redirects); what an error code means is
 * `top-errors.ts`, what an answer looks like `top-json.ts`. All parameters travel in the form body, so that no session
 * or signature stands in a URL that a proxy writes down.
 *
 * Invariants:
 * - `call` never throws for anything the network or the partner did; it settles within `timeoutMs`;
 * - nothing of a body that cannot be read is kept or logged.
 */
import type { Clock } from '../../actors/ports.ts';
import { toShanghaiText } from '../shanghai-text.ts';
import { type SignMethod, sign, type TopInput, toParams } from './signature.ts';
import { classifyTopError, type TopFailure, type TransientCode } from './top-errors.ts';
import { isTopObject, parseTopJson, TopBodyError, type TopObject, unwrapResponse } from './top-json.ts';

export interface TopClientOptions {
  readonly gatewayUrl: string;
  readonly appKey: string;
  readonly appSecret: string;
  readonly signMethod: SignMethod;
  readonly timeoutMs: number;
}

export type TopResult =
  | { readonly ok: true; readonly data: TopObject }
  | { readonly ok: false; readonly failure: TopFailure };

export interface TopClient {
  /**
   * Calls `method` once. The answer's data comes without its root key, in either response shape. A failure says whether
   * to try again, when, or never; a redirect, an answer over 16 MiB and a body that is not TOP's are transient ones.
   * `signal` ends it early, as by its time limit.
   */
  call(method: string, input: TopInput, options?: TopCallOptions): Promise<TopResult>;
}

interface TopCallOptions {
  readonly session?: string;
  readonly signal?: AbortSignal;
}

const LARGEST_BODY_BYTES = 16 * 1024 * 1024;

export function createTopClient(options: TopClientOptions, { clock }: { readonly clock: Clock }): TopClient {
  return {
    async call(method, input, { session, signal } = {}) {
      const params = toParams({
        ...input,
        method,
        app_key: options.appKey,
        session,
        timestamp: toShanghaiText(clock.now()),
        format: 'json',
        v: '2.0',
        sign_method: options.signMethod,
      });
      const form = new URLSearchParams({ ...params, sign: sign(params, options.appSecret, options.signMethod) });
      const answer = await post({ url: options.gatewayUrl, form, timeoutMs: options.timeoutMs, signal }, clock);
      if ('failure' in answer) return { ok: false, failure: answer.failure };
      return readAnswer(method, answer.bytes, clock.now());
    },
  };
}

type Posted = { readonly bytes: Uint8Array } | { readonly failure: TopFailure };

interface Post {
  readonly url: string;
  readonly form: URLSearchParams;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

async function post({ url, form, timeoutMs, signal }: Post, clock: Clock): Promise<Posted> {
  const limit = new AbortController();
  const cancel = clock.after(timeoutMs, () => limit.abort());
  const ends = signal === undefined ? limit.signal : AbortSignal.any([limit.signal, signal]);
  try {
    const response = await fetch(url, { method: 'POST', body: form, redirect: 'manual', signal: ends });
    if (response.status !== 200) {
      await response.body?.cancel();
      return noAnswer('TRANSPORT', `http:${response.status}`);
    }
    const bytes = await readBody(response);
    return bytes === null ? noAnswer('GARBAGE', 'body over 16 MiB') : { bytes };
  } catch (error) {
    return ends.aborted ? noAnswer('TIMEOUT', `${timeoutMs} ms`) : noAnswer('TRANSPORT', networkCode(error));
  } finally {
    cancel();
  }
}

/** The whole body, or null when it is larger than a client may be made to hold. */
async function readBody(response: Response): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > LARGEST_BODY_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function readAnswer(method: string, bytes: Uint8Array, now: number): TopResult {
  try {
    const body = parseTopJson(bytes);
    const error = body['error_response'];
    if (isTopObject(error)) return { ok: false, failure: classifyTopError(toTopError(error), now) };
    return { ok: true, data: unwrapResponse(method, body) };
  } catch (error) {
    return { ok: false, failure: garbage(error) };
  }
}

/** The failure for an answer whose shape is not the documented one. Any other error is a fault of ours and is thrown. */
export function garbage(error: unknown): TopFailure {
  if (!(error instanceof TopBodyError)) throw error;
  return { class: 'transient', code: 'GARBAGE', detail: error.message };
}

function toTopError(error: TopObject) {
  const text = (name: string) => String(error[name] ?? '').trim();
  return { code: text('code'), subCode: text('sub_code'), subMsg: text('sub_msg') };
}

function noAnswer(code: TransientCode, detail: string): { readonly failure: TopFailure } {
  return { failure: { class: 'transient', code, detail } };
}

/** `ECONNREFUSED` and the like, from fetch's error or the one that caused it. */
function networkCode(error: unknown): string {
  const { code, cause } = error as { code?: unknown; cause?: { code?: unknown } };
  return String(cause?.code ?? code ?? 'network');
}
