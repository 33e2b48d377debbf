/**
 * Products as users see them: what Taobao says, what it said before, or a placeholder; never an error.
 *
 * Owns the rule for each case. Invariants:
 * - only Taobao's own word makes a product missing, and that word is good for a minute;
 * - a value that may be out of date is marked stale; one that was never known is a placeholder;
 * - a rebate shown is what an order at that price would bring, by the share of this process: values reckoned by another
 *   share have other keys.
 */
import { createHash } from 'node:crypto';
import type { Clock } from '../../actors/ports.ts';
import { estimatedRebateFen } from '../../machines/commission.ts';
import type { Share } from '../../machines/rules.ts';
import type { Cached, CacheKey, TieredCache } from '../cache/tiered-cache.ts';
import { readItem, searchItems, type TaobaoItem } from '../taobao/item-api.ts';
import type { TopClient } from '../taobao/top-client.ts';

interface Product {
  readonly itemId: string;
  readonly title: string;
  /** '' when it has none. */
  readonly imageUrl: string;
  readonly priceFen: number;
  readonly rebateFen: number;
  readonly fetchedAt: number;
}

type ProductRead =
  | { readonly kind: 'found'; readonly product: Product; readonly isStale: boolean }
  | { readonly kind: 'placeholder' }
  | { readonly kind: 'missing' };

interface ProductPage {
  readonly products: readonly Product[];
  readonly hasMore: boolean;
  readonly isStale: boolean;
  /** Nothing is known: the page is empty for want of an answer. */
  readonly isPlaceholder: boolean;
}

interface ProductSearch {
  readonly words: string;
  readonly page: number;
  readonly pageSize: number;
}

export interface Products {
  /** The product when memory has it fresh; the same object as long as it does. */
  peek(itemId: string): Product | undefined;
  /** Never rejects for anything that Taobao, Redis or the network do. */
  read(itemId: string): Promise<ProductRead>;
  search(search: ProductSearch): Promise<ProductPage>;
}

export interface ProductsDeps {
  /** Undefined: no gateway is configured, and all products are placeholders. */
  readonly client: TopClient | undefined;
  readonly cache: Pick<TieredCache, 'peek' | 'read'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly share: Share;
  /** The slot that searches are made for. */
  readonly adzoneId: string | undefined;
}

/** What the cache keeps. */
type Kept = Product | { readonly isMissing: true };

interface KeptPage {
  readonly products: readonly Product[];
  readonly hasMore: boolean;
}

/** Taobao gave no usable answer. Which one is told by its pipeline's metrics. */
class NoAnswer extends Error {}

const MISSING_MS = 60_000;
const PLACEHOLDER: ProductRead = { kind: 'placeholder' };

export function createProducts({ client, cache, clock, share, adzoneId }: ProductsDeps): Products {
  const keyOf = (itemId: string): CacheKey => `product:${share.numerator}:${itemId}`;

  const toProduct = ({ itemId, title, imageUrl, priceFen, incomeRate }: TaobaoItem): Product => {
    const rebateFen = estimatedRebateFen(priceFen, incomeRate, share);
    return { itemId, title, imageUrl, priceFen, rebateFen, fetchedAt: clock.now() };
  };

  const load = async (top: TopClient, itemId: string): Promise<Kept> => {
    const read = await readItem(top, itemId);
    if (!read.ok) throw new NoAnswer();
    return read.value === null ? { isMissing: true } : toProduct(read.value);
  };

  const loadPage = async (top: TopClient, search: ProductSearch): Promise<KeptPage> => {
    const read = await searchItems(top, { ...search, adzoneId: adzoneId ?? '' });
    if (!read.ok) throw new NoAnswer();
    return { products: read.value.items.map(toProduct), hasMore: read.value.hasMore };
  };

  return {
    peek(itemId) {
      const kept = cache.peek<Kept>(keyOf(itemId));
      return kept === undefined || 'isMissing' in kept ? undefined : kept;
    },
    async read(itemId) {
      if (client === undefined) return PLACEHOLDER;
      const goodMs = (kept: Kept) => ('isMissing' in kept ? MISSING_MS : Number.POSITIVE_INFINITY);
      const cached = await orNothing(cache.read(keyOf(itemId), () => load(client, itemId), goodMs));
      if (cached === undefined) return PLACEHOLDER;
      const { value, isStale } = cached;
      return 'isMissing' in value ? { kind: 'missing' } : { kind: 'found', product: value, isStale };
    },
    async search(search) {
      const nothing = { products: [], hasMore: false, isStale: false, isPlaceholder: true };
      if (client === undefined || adzoneId === undefined) return nothing;
      const identity = JSON.stringify([share.numerator, search.words, search.page, search.pageSize]);
      const key: CacheKey = `search:${createHash('sha256').update(identity).digest('base64url')}`;
      const cached = await orNothing(cache.read(key, () => loadPage(client, search)));
      return cached === undefined ? nothing : { ...cached.value, isStale: cached.isStale, isPlaceholder: false };
    },
  };
}

async function orNothing<T>(read: Promise<Cached<T>>): Promise<Cached<T> | undefined> {
  try {
    return await read;
  } catch (error) {
    if (error instanceof NoAnswer) return undefined;
    throw error;
  }
}
