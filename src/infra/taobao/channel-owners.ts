/**
 * Whose order a row is: the first of its channel, member and slot ids that is bound to a user, else the user who held
 * its slot when the order was placed.
 *
 * A bound id keeps its user, so an owner once found is remembered (10,000 ids, oldest out first); "nobody yet" may
 * change at any moment and is always asked again, as is who held a slot, which depends on the order's time.
 */
import type { OrderRow } from '../../machines/order-row.ts';

type ChannelKind = 'relation' | 'special' | 'adzone';

/** Reads the user that `channel/<kind>-<id>` is bound to, or null. May throw: nothing is known then. */
export type OwnerOf = (kind: ChannelKind, id: string) => Promise<string | null>;

/** Reads who had leased the slot at that time, or null. May throw: nothing is known then. */
export type LeaseholderOf = (adzoneId: string, at: number) => Promise<string | null>;

export interface RowOwner {
  readonly userId: string;
  /** `relation-1`: the channel that made the order this user's. */
  readonly channel: string;
}

const MOST_REMEMBERED = 10_000;

/** Returns the lookup for one activity. Rows that ask for the same id at once share one read. */
export function createChannelOwners(
  ownerOf: OwnerOf,
  leaseholderOf?: LeaseholderOf,
): (row: OrderRow) => Promise<RowOwner | null> {
  const found = new Map<string, string>();
  const asking = new Map<string, Promise<string | null>>();

  async function ask(kind: ChannelKind, id: string, channel: string): Promise<string | null> {
    try {
      const userId = await ownerOf(kind, id);
      if (userId !== null) {
        found.set(channel, userId);
        if (found.size > MOST_REMEMBERED) found.delete(found.keys().next().value as string);
      }
      return userId;
    } finally {
      asking.delete(channel);
    }
  }

  return async (row) => {
    const ids = [
      ['relation', row.relationId],
      ['special', row.specialId],
      ['adzone', row.adzoneId],
    ] as const;
    for (const [kind, id] of ids) {
      if (id === null) continue;
      const channel = `${kind}-${id}`;
      const known = found.get(channel);
      if (known !== undefined) return { userId: known, channel };
      const asked = asking.get(channel) ?? ask(kind, id, channel);
      asking.set(channel, asked);
      const userId = await asked;
      if (userId !== null) return { userId, channel };
    }
    if (leaseholderOf === undefined || row.adzoneId === null) return null;
    const userId = await leaseholderOf(row.adzoneId, row.createdAt);
    return userId === null ? null : { userId, channel: `adzone-${row.adzoneId}` };
  };
}
