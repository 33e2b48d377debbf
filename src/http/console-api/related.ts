import { type Address, idOf, toAddress, typeOf } from '../../actors/address.ts';
import type { ActorSystem, Inspection } from '../../actors/facade.ts';
import type { JsonObject } from '../../actors/record.ts';
import type { Words } from '../../machines/meta.ts';
import type { Cards } from './cards.ts';
import type { ActorCard } from './schemas.ts';

const LIST_LIMIT = 10;

export interface Related extends ActorCard {
  readonly relation: Words;
}

interface Named {
  readonly address: Address;
  readonly relation: Words;
}

const OWNER: Words = { zh: '所属用户', en: 'Owner' };
const BALANCE: Words = { zh: '账户余额', en: 'Balance' };
const CHANNEL: Words = { zh: '渠道', en: 'Channel' };
const LEDGER: Words = { zh: '入账订单', en: 'Order' };
const PAYOUT: Words = { zh: '提现', en: 'Withdrawal' };
const ASKER: Words = { zh: '等待归属的订单', en: 'Waits for an owner' };
const ABOUT: Words = { zh: '关于', en: 'About' };

/** Other actors that somebody who looks at this one will want to see; those that exist. */
export async function relatedTo(
  actors: ActorSystem,
  cards: Cards,
  card: ActorCard,
  found: Inspection,
): Promise<Related[]> {
  const named = namedIn(found, card.owner).filter(
    ({ address }) => cards.has(typeOf(address)) && address !== card.address,
  );
  const seen = await Promise.all(
    named.map(async ({ address, relation }) => {
      const inspection = await actors.inspect(address);
      return inspection && { ...cards.ofInspection(inspection), relation };
    }),
  );
  const owned =
    card.owner !== null && ['balance', 'member'].includes(card.type) ? await ownedBy(actors, cards, card.owner) : [];
  return [...seen.filter((one) => one !== undefined), ...owned];
}

function namedIn({ address, snapshot }: Inspection, owner: string | null): readonly Named[] {
  const { context } = snapshot;
  const ofOwner =
    owner === null
      ? []
      : [
          { address: toAddress('member', owner), relation: OWNER },
          { address: toAddress('balance', owner), relation: BALANCE },
        ];
  return [...namedBy(address, context), ...ofOwner];
}

/** What another version made may be of another shape, and then names nobody here. */
function namedBy(address: Address, context: JsonObject): readonly Named[] {
  try {
    return NAMED[typeOf(address)]?.(context, idOf(address)) ?? [];
  } catch {
    return [];
  }
}

/** What the contexts of each type name. */
const NAMED: Readonly<Record<string, (context: JsonObject, id: string) => readonly Named[]>> = {
  order: ({ channels }) =>
    Object.entries((channels ?? {}) as Record<string, { channelId: string } | null>).flatMap(([kind, mark]) =>
      mark === null ? [] : [{ address: toAddress('channel', `${kind}-${mark.channelId}`), relation: CHANNEL }],
    ),
  member: ({ channels }) =>
    (channels as readonly string[])
      .slice(-LIST_LIMIT)
      .map((id) => ({ address: toAddress('channel', id), relation: CHANNEL })),
  channel: ({ askers }) =>
    (askers as readonly string[])
      .slice(0, LIST_LIMIT)
      .map((id) => ({ address: toAddress('order', id), relation: ASKER })),
  link: ({ channel }) =>
    channel === '' ? [] : [{ address: toAddress('channel', String(channel)), relation: CHANNEL }],
  adzone: (_, id) => [{ address: toAddress('channel', `adzone-${id}`), relation: CHANNEL }],
  approval: ({ request }) => aboutOf((request as { to?: unknown } | null)?.to),
  notes: ({ about }) => aboutOf(about),
};

function aboutOf(to: unknown): readonly Named[] {
  return typeof to === 'string' && to.includes('/') ? [{ address: to as Address, relation: ABOUT }] : [];
}

async function ownedBy(actors: ActorSystem, cards: Cards, owner: string): Promise<Related[]> {
  const lists = await Promise.all([
    actors.heads({ type: 'order', owner, limit: LIST_LIMIT }),
    actors.heads({ type: 'withdrawal', owner, limit: LIST_LIMIT }),
  ]);
  const relations = [LEDGER, PAYOUT];
  return lists.flatMap((heads, index) =>
    heads.map((head) => ({ ...cards.ofHead(head), relation: relations[index] ?? OWNER })),
  );
}
