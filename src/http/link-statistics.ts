import type { ActorSystem } from '../actors/facade.ts';
import type { Head } from '../actors/ports.ts';

/** What a user's links and orders come to, in one channel or in all. */
interface Figures {
  readonly links: number;
  readonly clicks: number;
  readonly orders: number;
  readonly estimatedFen: number;
  readonly settledFen: number;
  readonly estimatedCommissionFen: number;
  readonly settledCommissionFen: number;
}

export interface LinkStatistics {
  /** By channel, most clicks first. */
  readonly data: readonly (Figures & { readonly channel: string })[];
  readonly total: Figures;
  readonly isComplete: boolean;
}

type Sums = { -readonly [K in keyof Figures]: Figures[K] };

const PAGE = 500;
const MOST_PAGES = 40;
/** Orders that were given to their user by hand, or counted before their channel was noted. */
const NO_CHANNEL = 'claim';

/**
 * Adds up the user's links and orders by channel, as the lists show them: the newest 20,000 of each.
 */
export async function readStatistics(actors: Pick<ActorSystem, 'heads'>, owner: string): Promise<LinkStatistics> {
  const channels = new Map<string, Sums>();
  const sumsOf = (channel: unknown): Sums => {
    const name = typeof channel === 'string' && channel !== '' ? channel : NO_CHANNEL;
    const sums = channels.get(name) ?? nothing();
    channels.set(name, sums);
    return sums;
  };
  const [hasAllLinks, hasAllOrders] = await Promise.all([
    eachHead(actors, 'link', owner, ({ view }) => {
      const sums = sumsOf(view['channel']);
      sums.links += 1;
      sums.clicks += Number(view['clicks']);
    }),
    eachHead(actors, 'order', owner, ({ view, status }) => {
      if (status === 'invalid') return;
      const sums = sumsOf(view['channel']);
      const isSettled = status === 'settled';
      sums.orders += 1;
      sums[isSettled ? 'settledFen' : 'estimatedFen'] += Number(view['rebateFen']);
      sums[isSettled ? 'settledCommissionFen' : 'estimatedCommissionFen'] += Number(view['netFen'] ?? 0);
    }),
  ]);
  const data = [...channels]
    .map(([channel, sums]) => ({ channel, ...sums }))
    .sort((a, b) => b.clicks - a.clicks || (a.channel < b.channel ? -1 : 1));
  return { data, total: data.reduce(add, nothing()), isComplete: hasAllLinks && hasAllOrders };
}

/** Whether that were all. */
async function eachHead(
  actors: Pick<ActorSystem, 'heads'>,
  type: string,
  owner: string,
  take: (head: Head) => void,
): Promise<boolean> {
  let last: Head | undefined;
  for (let page = 0; page < MOST_PAGES; page++) {
    const after = last === undefined ? {} : { after: [last.sortKey, last.actor] as const };
    const heads = await actors.heads({ type, owner, limit: PAGE, ...after });
    for (const head of heads) take(head);
    if (heads.length < PAGE) return true;
    last = heads.at(-1);
  }
  return false;
}

function nothing(): Sums {
  return {
    links: 0,
    clicks: 0,
    orders: 0,
    estimatedFen: 0,
    settledFen: 0,
    estimatedCommissionFen: 0,
    settledCommissionFen: 0,
  };
}

function add(total: Sums, figures: Figures): Sums {
  for (const key of Object.keys(total) as (keyof Figures)[]) total[key] += figures[key];
  return total;
}
