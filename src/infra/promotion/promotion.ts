/**
 * Promotion links from the ask to the click, and the way a user becomes a channel.
 *
 * Owns the order of steps and what each refusal is to the user. Invariants:
 * - user, channel and item make the code, so asking again is the same link and costs Taobao nothing for a day;
 * - a link once made is found, and leads on, whatever Taobao and Redis do;
 * - Taobao's trouble is answered at once, with the time after which asking again has a chance.
 */
import { createHash } from 'node:crypto';
import { toAddress } from '../../actors/address.ts';
import type { ActorSystem, Inspection } from '../../actors/facade.ts';
import type { Clock } from '../../actors/ports.ts';
import type { LinkContext, LinkTargets } from '../../machines/link.ts';
import type { CacheKey, TieredCache } from '../cache/tiered-cache.ts';
import type { Products } from '../products/products.ts';
import type { TopRead } from '../taobao/item-api.ts';
import { convertItem, createTpwd, isTaobaoUrl, parseMaterial } from '../taobao/link-api.ts';
import { registerChannel } from '../taobao/publisher-api.ts';
import type { TopClient } from '../taobao/top-client.ts';
import type { TopFailure } from '../taobao/top-errors.ts';
import type { ClickCounter } from './click-counter.ts';
import type { UserChannel, UserChannels } from './user-channels.ts';

interface PromotionSettings {
  readonly appKey: string;
  readonly oauthUrl: string;
  readonly inviterCode: string | undefined;
  readonly adzoneId: string;
}

export interface PromotionDeps {
  readonly settings: PromotionSettings;
  readonly client: TopClient;
  readonly actors: Pick<ActorSystem, 'send' | 'inspect'>;
  readonly cache: Pick<TieredCache, 'read' | 'forget'>;
  readonly products: Pick<Products, 'read'>;
  readonly channels: UserChannels;
  readonly clicks: Pick<ClickCounter, 'count'>;
  readonly clock: Pick<Clock, 'now'>;
}

interface LinkRequest {
  readonly userId: string;
  /** An item's id, or what a user pasted: an address, or a text with an address or a share code. */
  readonly target: { readonly itemId: string } | { readonly url: string } | { readonly text: string };
  readonly channel?: string | undefined;
  readonly trace: string;
}

/** `unavailable`: Taobao does not answer, or was not asked because it does not. `refused`: it said no for a reason that
 * only the operator can end. */
type Trouble =
  | { readonly kind: 'unavailable'; readonly retryAfterMs: number }
  | { readonly kind: 'refused'; readonly detail: string };

interface Made {
  readonly link: Inspection;
  /** Not there before. */
  readonly isNew: boolean;
}

type LinkOutcome =
  | ({ readonly kind: 'made' } & Made)
  | { readonly kind: 'unresolved' }
  | { readonly kind: 'notPromotable' }
  | { readonly kind: 'notYours' }
  | { readonly kind: 'noneFree'; readonly retryAfterMs: number }
  | Trouble;

export interface Promotion {
  makeLink(request: LinkRequest): Promise<LinkOutcome>;
  /** Where the code leads, undefined for a code that is none; counted as followed or not. @throws STORE_UNAVAILABLE */
  follow(code: string, options: { readonly isCounted: boolean }): Promise<string | undefined>;
  /** The address of Taobao's sign-in page that leads back with `state`; undefined when users cannot become channels. */
  authorizeUrl(back: { readonly redirectUri: string; readonly state: string }): string | undefined;
  /** Makes whoever signed in for `code` a channel; its relation id is then the user's to bind. */
  register(code: string): Promise<{ readonly kind: 'registered'; readonly relationId: string } | Trouble>;
  /** After a channel was bound to the user. */
  channelBound(userId: string): Promise<void>;
}

const RENEW_MS = 24 * 3_600_000;
/** How soon a failed call may be tried again where nobody said when. */
const RETRY_MS = 2_000;
const UNKNOWN_CODE_MS = 5_000;

class Stop extends Error {
  readonly outcome: LinkOutcome;

  constructor(outcome: LinkOutcome) {
    super(outcome.kind);
    this.outcome = outcome;
  }
}

export function createPromotion(deps: PromotionDeps): Promotion {
  const { settings, client, actors, cache, channels, clicks, clock } = deps;
  const cacheKeyOf = (code: string): CacheKey => `link:${code}`;

  const targetOf = async (code: string): Promise<string | null> => {
    const link = await actors.inspect(toAddress('link', code));
    const targets = contextOf(link)?.targets;
    return targets?.url ?? null;
  };

  return {
    async makeLink(request) {
      try {
        return { kind: 'made', ...(await makeLink(request, deps)) };
      } catch (error) {
        if (error instanceof Stop) return error.outcome;
        throw error;
      }
    },
    async follow(code, { isCounted }) {
      const goodMs = (target: string | null) => (target === null ? UNKNOWN_CODE_MS : Number.POSITIVE_INFINITY);
      const { value } = await cache.read(cacheKeyOf(code), () => targetOf(code), goodMs);
      // Looked at again on the way out: nobody is ever sent away from Taobao.
      if (value === null || !isTaobaoUrl(value)) return undefined;
      if (isCounted) clicks.count(code);
      return value;
    },
    authorizeUrl({ redirectUri, state }) {
      if (settings.inviterCode === undefined) return undefined;
      const url = new URL(settings.oauthUrl);
      const query = {
        response_type: 'code',
        client_id: settings.appKey,
        redirect_uri: redirectUri,
        state,
        view: 'wap',
      };
      for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
      return url.href;
    },
    async register(code) {
      const { inviterCode } = settings;
      if (inviterCode === undefined) return { kind: 'refused', detail: 'TAOBAO_INVITER_CODE is not set' };
      const registered = await registerChannel(client, { code, inviterCode });
      return registered.ok
        ? { kind: 'registered', relationId: registered.value }
        : troubleOf(registered.failure, clock.now());
    },
    channelBound: (userId) => channels.forget(userId),
  };
}

/** @throws Stop with what it came to instead */
async function makeLink({ userId, target, channel: wanted, trace }: LinkRequest, deps: PromotionDeps): Promise<Made> {
  const { actors, cache, channels } = deps;
  const itemId = 'itemId' in target ? target.itemId : await itemBehind(target, deps);
  const choice = await channels.choose(userId, wanted);
  if (choice.kind !== 'chosen') throw new Stop(choice);
  const code = linkCode(userId, choice.channel, itemId);
  const address = toAddress('link', code);
  const known = await actors.inspect(address);
  const targets = await targetsOf(known, itemId, choice, deps);
  if (targets !== null) {
    const title = await titleOf(itemId, deps);
    const event = { type: 'make', owner: userId, channel: choice.channel, itemId, title, targets: { ...targets } };
    const receipt = await actors.send(address, event, { cause: 'links', trace, awaitHead: true });
    if (receipt.outcome === 'refused') throw new Stop({ kind: 'refused', detail: receipt.reason?.code ?? '' });
    await cache.forget(`link:${code}`);
  }
  const made = targets === null ? known : await actors.inspect(address);
  if (made === undefined) throw new Stop({ kind: 'unavailable', retryAfterMs: RETRY_MS });
  return { link: made, isNew: known === undefined };
}

async function itemBehind(
  target: { readonly url: string } | { readonly text: string },
  { client, settings, clock }: PromotionDeps,
): Promise<string> {
  const material = 'url' in target ? target.url.replace(/^http:/, 'https:') : target.text;
  if ('url' in target && !isTaobaoUrl(material)) throw new Stop({ kind: 'unresolved' });
  const parsed = take(await parseMaterial(client, material, { adzoneId: settings.adzoneId }), clock.now());
  if (parsed === null) throw new Stop({ kind: 'unresolved' });
  return parsed;
}

/** New targets; null when those the link has will do: they are young, or there are no others to be had just now. */
async function targetsOf(
  known: Inspection | undefined,
  itemId: string,
  { attribution }: UserChannel,
  { client, clock }: PromotionDeps,
): Promise<LinkTargets | null> {
  const context = contextOf(known);
  const isMade = context !== undefined && context.targets !== null;
  if (isMade && clock.now() < context.renewedAt + RENEW_MS) return null;
  try {
    const link = take(await convertItem(client, itemId, attribution), clock.now());
    if (link === null) throw new Stop({ kind: 'notPromotable' });
    const tpwd = take(await createTpwd(client, link.url), clock.now());
    return { ...link, tpwd };
  } catch (error) {
    if (isMade && error instanceof Stop && error.outcome.kind === 'unavailable') return null;
    throw error;
  }
}

/** For the user's list only; a link without one is as good. */
async function titleOf(itemId: string, { products }: PromotionDeps): Promise<string> {
  const read = await products.read(itemId);
  return read.kind === 'found' ? read.product.title : '';
}

function contextOf(link: Inspection | undefined): LinkContext | undefined {
  return link?.snapshot.context as unknown as LinkContext | undefined;
}

function take<T>(read: TopRead<T>, now: number): T {
  if (read.ok) return read.value;
  throw new Stop(troubleOf(read.failure, now));
}

function troubleOf(failure: TopFailure, now: number): Trouble {
  switch (failure.class) {
    case 'notSent':
    case 'rateLimited':
      return { kind: 'unavailable', retryAfterMs: Math.max(1_000, failure.until - now) };
    case 'transient':
      return { kind: 'unavailable', retryAfterMs: RETRY_MS };
    case 'permanent':
      return { kind: 'refused', detail: failure.detail };
  }
}

const ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789';

/** The code of that link: the same on every node and for ever. 13 of 32 characters, 65 bits, cannot be guessed from others. */
function linkCode(userId: string, channel: string, itemId: string): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([userId, channel, itemId]))
    .digest();
  return Array.from(digest.subarray(0, 13), (byte) => ALPHABET[byte & 31]).join('');
}
