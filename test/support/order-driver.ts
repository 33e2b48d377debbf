/** An order under test: its driver, what it has told the balance, and a stand-in for the channels it asks. */
import type { ActorEvent, RecordedMessage, Tell } from '../../src/actors/record.ts';
import { createOrderMachine, orderListing } from '../../src/machines/order.ts';
import type { OrderContext, Owner, Post } from '../../src/machines/order-account.ts';
import type { OrderRow, RefundRow } from '../../src/machines/order-row.ts';
import { defaultRules, type Rules } from '../../src/machines/rules.ts';
import { MachineDriver } from './machine-driver.ts';
import { TRADE_ID } from './order-rows.ts';

export class OrderDriver extends MachineDriver<OrderContext> {
  /** Who holds which channel; asks go unanswered for any other. */
  channelOwners: Record<string, string> = {};
  #answeredTells = 0;

  constructor(rules: Partial<Rules> = {}, now?: number) {
    const machine = createOrderMachine({ ...defaultRules, ...rules });
    super({ type: 'order', machine, list: orderListing }, TRADE_ID, now);
  }

  row(row: OrderRow, owner: Owner | null = null, id = `row:${row.hash}`): RecordedMessage {
    return this.send({ type: 'row', row: { ...row }, owner: owner === null ? null : { ...owner } }, { id });
  }

  refund(refund: RefundRow, id = `refund:${refund.hash}`): RecordedMessage {
    return this.send({ type: 'refund', refund: { ...refund } }, { id });
  }

  owned(userId: string, channel: string): RecordedMessage {
    return this.send({ type: 'owned', userId, channel });
  }

  /** Lets the channels answer all that was asked since the last call. */
  answerAsks(): void {
    for (const { to } of this.asks.slice(this.#answeredTells)) {
      const channel = to.slice('channel/'.length);
      const userId = this.channelOwners[channel];
      if (userId !== undefined) this.owned(userId, channel);
    }
    this.#answeredTells = this.asks.length;
  }

  get asks(): readonly Tell[] {
    return this.tells.filter(({ to }) => to.startsWith('channel/'));
  }

  get posts(): readonly Post[] {
    return this.tells.filter(({ to }) => to.startsWith('balance/')).map(({ event }) => event as ActorEvent & Post);
  }

  /** Where the balance stands after all posts, in whatever order they come. */
  get told(): { pendingFen: number; availableFen: number } {
    return this.posts.reduce(
      (sum, post) => ({
        pendingFen: sum.pendingFen + post.pendingFen,
        availableFen: sum.availableFen + post.availableFen,
      }),
      { pendingFen: 0, availableFen: 0 },
    );
  }
}
