import { toAddress } from '../actors/address.ts';
import { callerOf } from './auth/authorize.ts';
import type { App, RouteDeps } from './deps.ts';
import { Authorization, BoundChannel, CallbackQuery, Completion } from './goods-schemas.ts';
import { Problem } from './problem.ts';
import { problemsOf } from './problem-responses.ts';
import { troubleProblem } from './promotion.ts';
import { assertNotParked } from './receipts.ts';
import { NoBody } from './schemas.ts';
import { createSignedStates, type SignedStates } from './signed-state.ts';
import { toRfc3339 } from './times.ts';

/** How long a user may take to sign in at Taobao. */
const STATE_MS = 10 * 60_000;
const CALLBACK = '/taobao/callback';
const GO_BACK_PAGE = pageOf(
  '您已在淘宝同意授权，绑定由应用完成。若应用没有继续，请在应用中重新发起。请勿把本页网址发给任何人。',
  'You agreed at Taobao; the app completes the binding. If it does not go on, start again there. Never give this page’s address to anybody.',
);
const DECLINED_PAGE = pageOf(
  '您没有在淘宝同意授权，淘宝账号没有绑定。需要绑定时，请在应用中重新发起。',
  'You did not agree at Taobao, so your Taobao account was not bound. To bind it, start again in the app.',
);
const INVALID_PAGE = pageOf(
  '这次授权已过期或无效，淘宝账号没有绑定。请在应用中重新发起，并在十分钟内完成。',
  'This sign-in has expired or is not valid, so no Taobao account was bound. Start again in the app, and finish within ten minutes.',
);
const HTML = 'text/html; charset=utf-8';

function pageOf(zh: string, en: string): string {
  return (
    '<!doctype html><html lang="zh-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width">' +
    `<title>请返回应用</title><h1>请返回应用</h1><p>${zh}</p>` +
    `<h1 lang="en">Go back to the app</h1><p lang="en">${en}</p></html>`
  );
}

/**
 * A user becomes a channel of the publisher: the app asks for an address, the user agrees there, Taobao leads back with a
 * code, and the app completes with its own token. Whoever can be lured to an address can be led back from it, so the way
 * back binds nothing: only the user whom the state names may complete (RFC 6749, 10.12). The session behind the code is
 * used for one call and forgotten.
 */
export function taobaoRoutes(app: App, deps: RouteDeps): void {
  const states = createSignedStates(deps.cursorKey, 'taobao-authorization');
  addBegin(app, deps, states);
  addWayBack(app, deps, states);
  addCompletion(app, deps, states);
}

function addBegin(app: App, { promotion, publicUrl, clock }: RouteDeps, states: SignedStates): void {
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
}

/**
 * Hands code and state to the app, or that the user has declined (`error=access_denied`, as OAuth 2.0 and Taobao have it;
 * Taobao need not repeat the state then). The browser that comes here may be anybody's.
 */
function addWayBack(app: App, { taobaoReturnUrl, clock }: RouteDeps, states: SignedStates): void {
  app.get(
    CALLBACK,
    {
      schema: {
        tags: ['links'],
        summary: '淘宝授权返回 / Where Taobao leads back to; goes on to the app with the same code and state',
        querystring: CallbackQuery,
        response: {
          200: {
            description: 'Without TAOBAO_RETURN_URL: a page that says to go back to the app, which reads this address',
            content: { 'text/html': { schema: { type: 'string' } } },
          },
          302: { type: 'null', description: 'To TAOBAO_RETURN_URL, with code and state, or with error' },
          // A browser is given AUTHORIZATION_INVALID as a page too.
          ...problemsOf('open', 'VALIDATION_FAILED', 'AUTHORIZATION_INVALID'),
        },
      },
    },
    async (request, reply) => {
      const { code, state = '', error } = request.query;
      const isOurs = states.read(state, clock.now()) !== undefined;
      reply.header('cache-control', 'no-store');
      if (error === undefined && (code === undefined || !isOurs)) {
        const problem = new Problem('AUTHORIZATION_INVALID');
        if (request.headers.accept?.includes('text/html') !== true) throw problem;
        request.problem = problem.code;
        return reply
          .code(problem.status as never)
          .header('vary', 'accept')
          .type(HTML)
          .send(INVALID_PAGE as never);
      }
      if (taobaoReturnUrl === undefined) {
        const page = error === undefined ? GO_BACK_PAGE : DECLINED_PAGE;
        return reply.type(HTML).send(page as never);
      }
      const told = { ...(error === undefined ? { code } : { error }), ...(isOurs && { state }) };
      const back = new URL(taobaoReturnUrl);
      for (const [name, value = ''] of Object.entries(told)) back.searchParams.set(name, value);
      return reply.redirect(back.href, 302);
    },
  );
}

function addCompletion(app: App, deps: RouteDeps, states: SignedStates): void {
  app.post(
    '/v1/taobao/authorization/complete',
    {
      schema: {
        tags: ['links'],
        security: [{ bearer: [] }],
        summary:
          '完成淘宝绑定 / Bind the Taobao account that agreed, by the code and state that the app was led back with',
        body: Completion,
        response: {
          200: BoundChannel,
          ...problemsOf(
            'send',
            'AUTHORIZATION_INVALID',
            'AUTHORIZATION_NOT_YOURS',
            'AUTHORIZATION_REFUSED',
            'CHANNEL_TAKEN',
            'TAOBAO_UNAVAILABLE',
            'PROMOTION_NOT_CONFIGURED',
          ),
        },
      },
    },
    async (request) => {
      const { code, state } = request.body;
      const userId = callerOf(request);
      const begunBy = states.read(state, deps.clock.now());
      if (begunBy === undefined) throw new Problem('AUTHORIZATION_INVALID');
      // Before Taobao hears of the code: it stays good for whom it is.
      if (begunBy !== userId) throw new Problem('AUTHORIZATION_NOT_YOURS');
      const relationId = await register(deps, code);
      return { channel: await bind(deps, { userId, relationId, trace: request.trace.traceparent }) };
    },
  );
}

/** @throws AUTHORIZATION_REFUSED for a code that Taobao does not take, as one used before; TAOBAO_UNAVAILABLE */
async function register({ promotion }: RouteDeps, code: string): Promise<string> {
  if (promotion === undefined) throw new Problem('PROMOTION_NOT_CONFIGURED');
  const registered = await promotion.register(code);
  if (registered.kind === 'registered') return registered.relationId;
  if (registered.kind === 'unavailable') throw troubleProblem(registered);
  throw new Problem('AUTHORIZATION_REFUSED', { extra: { partnerCode: registered.detail } });
}

/** Returns the channel, bound; again is the same. @throws CHANNEL_TAKEN when another user has bound the same account */
async function bind(
  { actors, promotion }: RouteDeps,
  { userId, relationId, trace }: { readonly userId: string; readonly relationId: string; readonly trace: string },
): Promise<string> {
  const options = { cause: 'taobao', trace };
  const channel = `relation-${relationId}`;
  const bound = await actors.send(toAddress('channel', channel), { type: 'bind', userId, by: 'taobao' }, options);
  assertNotParked(bound);
  if (bound.outcome === 'refused') throw new Problem('CHANNEL_TAKEN', { extra: { channel } });
  const event = { type: 'channelBound', channel, by: 'taobao' };
  assertNotParked(await actors.send(toAddress('member', userId), event, options));
  await promotion?.channelBound(userId);
  return channel;
}
