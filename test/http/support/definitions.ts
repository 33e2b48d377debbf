import type { ActorDefinition } from '../../../src/actors/registry.ts';
import { balanceListing, createBalanceMachine } from '../../../src/machines/balance.ts';
import { channelListing, createChannelMachine } from '../../../src/machines/channel.ts';
import { createFeedMachine, feedListing } from '../../../src/machines/feed.ts';
import { createMemberMachine, memberListing } from '../../../src/machines/member.ts';
import { createOrderMachine, orderListing } from '../../../src/machines/order.ts';
import { defaultRules } from '../../../src/machines/rules.ts';
import { createWithdrawalMachine, withdrawalListing } from '../../../src/machines/withdrawal.ts';

/** The real machines under the default rules. */
export function definitions(): readonly ActorDefinition[] {
  return [
    { type: 'order', machine: createOrderMachine(defaultRules), list: orderListing },
    { type: 'channel', machine: createChannelMachine(), list: channelListing },
    { type: 'balance', machine: createBalanceMachine(), money: true, list: balanceListing },
    { type: 'withdrawal', machine: createWithdrawalMachine(defaultRules), money: true, list: withdrawalListing },
    { type: 'feed', machine: createFeedMachine(defaultRules), list: feedListing },
    { type: 'member', machine: createMemberMachine(), list: memberListing },
  ];
}
