/**
 * The canonical scenarios, each small enough to try every crash in it.
 */
import { toAddress } from '../../src/actors/address.ts';
import { leafOf } from './check/facts.ts';
import type { Manner } from './payout-book.ts';
import { START } from './profile.ts';
import type { OrderFact, RefundFact, Shown } from './taobao-book.ts';
import { sendRow, startFeeds } from './workload.ts';
import type { World } from './world.ts';

export interface Scenario {
  readonly name: string;
  readonly manner?: Manner;
  readonly feeds?: readonly string[];
  readonly history?: { readonly orders?: Shown<OrderFact>[]; readonly refunds?: Shown<RefundFact>[] };
  /** What is there before: no crash happens in it. */
  readonly prepare: (world: World) => Promise<void>;
  readonly act: (world: World) => void;
}

const USER = 'u1';
const CHANNEL = 'relation-11';
const TRADE = '2839000000000000000';
const KEY = 'k1';

const settled: OrderFact = {
  tradeId: TRADE,
  status: 3,
  modifiedAt: START - 2_000,
  createdAt: START - 2_000,
  earningAt: START - 2_000,
  paidFen: 100_000,
  preFeeFen: 10_000,
  feeFen: 10_000,
  techFeeFen: 1_000,
  channel: { kind: 'relation', id: '11' },
};
const refund: RefundFact = {
  suitId: '900000001',
  tradeId: TRADE,
  status: 2,
  modifiedAt: START - 1_000,
  refundFen: 4_000,
};

const shown = <T>(fact: T): Shown<T> => ({ shownAt: START, fact });

function bind({ clients }: World): Promise<void> {
  return clients.bind(CHANNEL, USER);
}

/** Money to withdraw, as an order would post it. */
async function fund({ clients }: World): Promise<void> {
  const event = { type: 'post', order: 'o1', n: 1, kind: 'credit', pendingFen: 0, availableFen: 9_000 };
  await clients.ask(toAddress('balance', USER), event, 'funds', 'test');
}

function withdraw(world: World, amountFen: number, afterwards?: (id: string) => Promise<unknown>): void {
  const { clients, scheduler } = world;
  clients.schedule(scheduler.now, async () => {
    const id = await clients.withdraw(USER, KEY, amountFen);
    await afterwards?.(id);
  });
}

function sendRefund({ clients, scheduler }: World): void {
  const event = { type: 'refund', refund: { ...refund, incomeFen: 0, hash: 'r1' } };
  clients.schedule(scheduler.now, () => clients.ask(toAddress('order', TRADE), event, 'refund:r1', 'feed'));
}

const payout = (name: string, manner: Manner): Scenario => ({
  name,
  manner,
  prepare: fund,
  act: (world) => withdraw(world, 3_000),
});

export const PAYOUTS: readonly Scenario[] = [
  payout('withdrawal paid', 'pays'),
  payout('withdrawal refused', 'refuses'),
  payout('withdrawal of unknown outcome', 'paysAndForgets'),
];

export const SCENARIOS: readonly Scenario[] = [
  ...PAYOUTS,
  payout('withdrawal that deals, then fails', 'dealsThenFails'),
  { name: 'credit', prepare: bind, act: (world) => sendRow(world, settled) },
  {
    name: 'credit and clawback',
    prepare: bind,
    act: (world) => {
      sendRow(world, settled);
      sendRefund(world);
    },
  },
  {
    name: 'cancel race',
    prepare: fund,
    act: (world) => withdraw(world, 3_000, (id) => world.clients.cancel(USER, id)),
  },
  {
    name: 'feed page',
    feeds: ['orders', 'refunds'],
    history: {
      orders: [
        shown(settled),
        shown({ ...settled, tradeId: `${TRADE}1` }),
        shown({ ...settled, tradeId: `${TRADE}2` }),
      ],
      refunds: [shown(refund)],
    },
    prepare: bind,
    act: startFeeds,
  },
  {
    name: 'freeze',
    prepare: fund,
    act: (world) => {
      const { clients, scheduler } = world;
      clients.schedule(scheduler.now, () => clients.flag(USER, 'freeze'));
      withdraw(world, 3_000, () => clients.flag(USER, 'unfreeze'));
    },
  },
  { name: 'approval', prepare: fund, act: (world) => withdraw(world, 8_000, (id) => decide(world, id)) },
];

const BEFORE_DECISION = ['requested', 'holding', 'review'];

/** Approves it as soon as it is in review; one approved already, by an answer that was lost, is past that. */
async function decide({ clients }: World, id: string): Promise<void> {
  const event = { type: 'approve', by: 'ada', reason: 'known customer' };
  for (;;) {
    const { snapshot } = await clients.ask(toAddress('withdrawal', id), event, clients.freshId(), 'staff:ada');
    if (!BEFORE_DECISION.includes(leafOf(snapshot.value))) return;
    await clients.pause(500);
  }
}
