import { toAddress } from '../actors/address.ts';
import { callerOf } from './auth/authorize.ts';
import type { App, RouteDeps } from './deps.ts';
import { Authorization, CallbackQuery } from './goods-schemas.ts';
import { Problem } from './problem.ts';
import { problemsOf } from './problem-responses.ts';
import { troubleProblem } from './promotion.ts';
import { assertNotParked } from './receipts.ts';
import { NoBody } from './schemas.ts';
import { createSignedStates } from './signed-state.ts';
import { toRfc3339 } from './times.ts';

/** How long a user may take to sign in at Taobao. */
const STATE_MS = 10 * 60_000;
const CALLBACK = '/taobao/callback';
const BOUND_PAGE =
  '<!doctype html><html lang="zh-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width">' +
  '<title>绑定成功</title><h1>绑定成功</h1><p>淘宝账号已绑定，请返回应用。</p><p lang="en">Your Taobao account is bound; go back to the app.</p></html>';

/**
 * A user becomes a channel of the publisher: the app asks for an address, the user agrees there, Taobao leads back with a
 * code. The state in the address names the user, so the way back needs no token; the session behind the code is used
 * for one call and forgotten.
 */
export function taobaoRoutes(app: App, deps: RouteDeps): void {
  const { promotion, publicUrl, clock, cursorKey } = deps;
  const states = createSignedStates(cursorKey, 'taobao-authorization');

  app.post(
    '/v1/taobao/authorization',
    {
      schema: {
        tags: ['links'],
        security: [{ bearer: [] }],
        summary: '绑定淘宝账号 / Begin to bind my Taobao account, so that my orders are known by it',
        body: NoBody,
        response: { 200: Authorization, ...problemsOf('send', 'PROMOTION_NOT_CONFIGURED') },
      },
    },
    async (request) => {
      const expiresAt = clock.now() + STATE_MS;
      const state = states.issue(callerOf(request), expiresAt);
      const authorizeUrl = promotion?.authorizeUrl({ redirectUri: `${publicUrl()}${CALLBACK}`, state });
      if (authorizeUrl === undefined) throw new Problem('PROMOTION_NOT_CONFIGURED');
      return { authorizeUrl, expiresAt: toRfc3339(expiresAt) };
    },
  );

  app.get(
    CALLBACK,
    {
      schema: {
        tags: ['links'],
        summary: '淘宝授权返回 / Where Taobao leads back to',
        querystring: CallbackQuery,
        response: {
          200: { description: 'A page that says so', content: { 'text/html': { schema: { type: 'string' } } } },
          ...problemsOf(
            'open',
            'VALIDATION_FAILED',
            'AUTHORIZATION_INVALID',
            'CHANNEL_TAKEN',
            'TAOBAO_UNAVAILABLE',
            'PROMOTION_NOT_CONFIGURED',
            'STORE_UNAVAILABLE',
            'REQUEST_PARKED',
          ),
        },
      },
    },
    async (request, reply) => {
      const { code, state } = request.query;
      const userId = states.read(state, clock.now());
      if (userId === undefined) throw new Problem('AUTHORIZATION_INVALID');
      const relationId = await register(deps, code);
      await bind(deps, { userId, relationId, trace: request.trace.traceparent });
      return reply.type('text/html; charset=utf-8').send(BOUND_PAGE as never);
    },
  );
}

/** @throws AUTHORIZATION_INVALID for a code that Taobao does not take; TAOBAO_UNAVAILABLE */
async function register({ promotion }: RouteDeps, code: string): Promise<string> {
  if (promotion === undefined) throw new Problem('PROMOTION_NOT_CONFIGURED');
  const registered = await promotion.register(code);
  if (registered.kind === 'registered') return registered.relationId;
  throw registered.kind === 'refused' ? new Problem('AUTHORIZATION_INVALID') : troubleProblem(registered);
}

/** @throws CHANNEL_TAKEN when another user has bound the same Taobao account */
async function bind(
  { actors, promotion }: RouteDeps,
  { userId, relationId, trace }: { readonly userId: string; readonly relationId: string; readonly trace: string },
): Promise<void> {
  const options = { cause: 'taobao', trace };
  const channel = `relation-${relationId}`;
  const bound = await actors.send(toAddress('channel', channel), { type: 'bind', userId, by: 'taobao' }, options);
  assertNotParked(bound);
  if (bound.outcome === 'refused') throw new Problem('CHANNEL_TAKEN', { extra: { channel } });
  const event = { type: 'channelBound', channel, by: 'taobao' };
  assertNotParked(await actors.send(toAddress('member', userId), event, options));
  await promotion?.channelBound(userId);
}
