/**
 * Which channel a user's link carries, so that its orders find the user: a relation id bound to the user, else a slot
 * bound to the user, else a slot from the pool, leased for a while.
 *
 * Owns the choice and the lease. Invariant: a slot is named only after its lease is committed, so no order can carry it
 * before its owner is known.
 */
import { createHash } from 'node:crypto';
import { idOf, toAddress } from '../../actors/address.ts';
import type { ActorSystem } from '../../actors/facade.ts';
import type { Clock } from '../../actors/ports.ts';
import { type AdzoneContext, leaseholderAt } from '../../machines/adzone.ts';
import type { CacheKey, TieredCache } from '../cache/tiered-cache.ts';
import type { Attribution } from '../taobao/link-api.ts';

export interface UserChannel {
  /** `relation-1` or `adzone-1`: what orders are found by. */
  readonly channel: string;
  readonly attribution: Attribution;
}

type ChannelChoice =
  | ({ readonly kind: 'chosen' } & UserChannel)
  /** The user asked for a channel that is not bound to them. */
  | { readonly kind: 'notYours' }
  /** No relation id, and every slot is taken. */
  | { readonly kind: 'noneFree'; readonly retryAfterMs: number };

export interface UserChannelsDeps {
  readonly actors: Pick<ActorSystem, 'send' | 'inspect' | 'heads'>;
  readonly cache: Pick<TieredCache, 'read' | 'forget'>;
  readonly clock: Pick<Clock, 'now'>;
  /** The slot that goes with relation ids. */
  readonly adzoneId: string;
  readonly adzonePool: readonly string[];
}

/** Keeps "none yet" out of the cache. */
class NoneBound extends Error {}

const MOST_TRIES = 5;
const MOST_ZONES = 1_000;
const LEAST_WAIT_MS = 60_000;

export interface UserChannels {
  choose(userId: string, wanted: string | undefined): Promise<ChannelChoice>;
  /** After a channel was bound. */
  forget(userId: string): Promise<void>;
}

export function createUserChannels(deps: UserChannelsDeps): UserChannels {
  const { actors, cache } = deps;
  const keyOf = (userId: string): CacheKey => `user:${userId}`;

  /** A bound channel keeps its user, so one once found is good for long; "none yet" may change at any moment. */
  const boundTo = async (userId: string): Promise<string | null> => {
    const load = async (): Promise<string> => {
      const found = newestOf((await actors.inspect(toAddress('member', userId)))?.snapshot.context);
      if (found === null) throw new NoneBound();
      return found;
    };
    try {
      return (await cache.read(keyOf(userId), load)).value;
    } catch (error) {
      if (error instanceof NoneBound) return null;
      throw error;
    }
  };

  return {
    async choose(userId, wanted) {
      if (wanted !== undefined) {
        const bound = await actors.inspect(toAddress('channel', wanted));
        return bound?.snapshot.context['owner'] === userId ? chosen(wanted, deps) : { kind: 'notYours' };
      }
      const bound = await boundTo(userId);
      return bound === null ? leaseAdzone(userId, deps) : chosen(bound, deps);
    },
    forget: (userId) => cache.forget(keyOf(userId)),
  };
}

/** The latest relation id of a member, else the latest slot. */
function newestOf(context: { readonly [key: string]: unknown } | undefined): string | null {
  const channels = (context?.['channels'] ?? []) as readonly string[];
  const latest = (kind: string) => channels.findLast((channel) => channel.startsWith(`${kind}-`));
  return latest('relation') ?? latest('adzone') ?? null;
}

function chosen(channel: string, { adzoneId }: Pick<UserChannelsDeps, 'adzoneId'>): ChannelChoice {
  const id = channel.slice(channel.indexOf('-') + 1);
  const attribution = channel.startsWith('relation-') ? { adzoneId, relationId: id } : { adzoneId: id };
  return { kind: 'chosen', channel, attribution };
}

/** The slot the user holds already, else a free one: which is tried first depends on the user, so few meet. */
async function leaseAdzone(userId: string, deps: UserChannelsDeps): Promise<ChannelChoice> {
  const { actors, adzonePool, clock } = deps;
  const heads = await actors.heads({ type: 'adzone', limit: MOST_ZONES });
  const held = heads.filter(({ owner }) => owner !== null);
  const own = held.find(({ owner }) => owner === userId);
  const taken = new Set(held.map(({ actor }) => idOf(actor)));
  const free = adzonePool.filter((id) => !taken.has(id));
  const candidates = own === undefined ? rotated(free, userId) : [idOf(own.actor), ...rotated(free, userId)];
  for (const id of candidates.slice(0, MOST_TRIES)) {
    const event = { type: 'lease', userId };
    const { outcome } = await actors.send(toAddress('adzone', id), event, { cause: 'links', awaitHead: true });
    if (outcome === 'done') return { kind: 'chosen', channel: `adzone-${id}`, attribution: { adzoneId: id } };
  }
  const ends = held.map(({ view }) => Number(view['until'] ?? 0)).filter((until) => until > clock.now());
  const wait = ends.length === 0 ? 0 : Math.min(...ends) - clock.now();
  return { kind: 'noneFree', retryAfterMs: Math.max(LEAST_WAIT_MS, wait) };
}

function rotated(ids: readonly string[], userId: string): readonly string[] {
  if (ids.length === 0) return ids;
  const start = createHash('sha256').update(userId).digest().readUInt32BE() % ids.length;
  return [...ids.slice(start), ...ids.slice(0, start)];
}

/** Returns who held a slot at a time, by its leases; null when nobody did. */
export function createLeaseholders(actors: Pick<ActorSystem, 'inspect'>) {
  return async (adzoneId: string, at: number): Promise<string | null> => {
    const zone = await actors.inspect(toAddress('adzone', adzoneId));
    return zone === undefined ? null : leaseholderAt(zone.snapshot.context as unknown as AdzoneContext, at);
  };
}
