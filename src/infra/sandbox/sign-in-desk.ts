/**
 * Taobao's sign-in page (`/oauth/authorize`), as far as a publisher sends its users there.
 *
 * Owns: codes and sessions, in memory, and which account has which relation id, which follows from the account's name
 * alone. Whoever comes is signed in at once, as the account that the address names by `account`.
 */
import { createHash } from 'node:crypto';
import type { Ids } from '../../actors/ports.ts';
import { type Answer, type Request, redirect, reply } from './http.ts';

const DEFAULT_ACCOUNT = 'sandbox-buyer';

export interface SignInDesk {
  /** Answers `/oauth/authorize?response_type=code&client_id&redirect_uri&state[&account]` by leading back with a code; with
   * `&deny=1` as Taobao does when the user cancels. */
  authorize(request: Request): Answer;
  /** The session for a code, once. */
  redeem(code: string): string | undefined;
  /** The relation id of the session's account; undefined for a session that is none. */
  register(session: string): { readonly relationId: string; readonly isNew: boolean } | undefined;
}

export function createSignInDesk({ appKey, ids }: { readonly appKey: string; readonly ids: Ids }): SignInDesk {
  const codes = new Map<string, string>();
  const sessions = new Map<string, string>();
  const registered = new Set<string>();
  return {
    authorize: ({ query }) => {
      const given = (name: string) => query.get(name) ?? '';
      const back = given('redirect_uri');
      if (given('client_id') !== appKey || given('response_type') !== 'code' || !/^https?:\/\//.test(back)) {
        return reply(400, 'text/html; charset=utf-8', '<p>授权参数错误</p>');
      }
      const url = new URL(back);
      if (given('deny') !== '') {
        url.searchParams.set('error', 'access_denied');
        url.searchParams.set('error_description', 'authorize reject');
      } else {
        const code = `code_${ids.random()}`;
        codes.set(code, given('account') || DEFAULT_ACCOUNT);
        url.searchParams.set('code', code);
      }
      url.searchParams.set('state', given('state'));
      return redirect(url.href);
    },
    redeem: (code) => {
      const account = codes.get(code);
      if (account === undefined) return undefined;
      codes.delete(code);
      const session = `6100${ids.random()}`;
      sessions.set(session, account);
      return session;
    },
    register: (session) => {
      const account = sessions.get(session);
      if (account === undefined) return undefined;
      const isNew = !registered.has(account);
      registered.add(account);
      const digits = BigInt(`0x${createHash('sha256').update(account).digest('hex').slice(0, 12)}`);
      return { relationId: String(3_000_000_000n + (digits % 900_000_000n)), isNew };
    },
  };
}
