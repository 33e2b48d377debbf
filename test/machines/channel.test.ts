import { describe, expect, it } from 'vitest';
import { type ChannelContext, channelListing, createChannelMachine, MAX_ASKERS } from '../../src/machines/channel.ts';
import { MachineDriver } from '../support/machine-driver.ts';

function newChannel(): MachineDriver<ChannelContext> {
  return new MachineDriver({ type: 'channel', machine: createChannelMachine(), list: channelListing }, 'relation-7');
}

function bind(channel: MachineDriver<ChannelContext>, userId: string) {
  return channel.send({ type: 'bind', userId, by: 'staff:a' });
}

function answersOf(channel: MachineDriver<ChannelContext>) {
  return channel.tells.map(({ to, event }) => ({ to, event }));
}

const answerTo = (order: string) => ({
  to: `order/${order}`,
  event: { type: 'owned', userId: 'u1', channel: 'relation-7' },
});

describe('binding', () => {
  it('gives the channel its owner', () => {
    const channel = newChannel();
    expect(bind(channel, 'u1').outcome).toBe('done');
    expect(channel.state).toBe('bound');
    expect(channel.listing).toMatchObject({ owner: 'u1', status: 'bound', view: { channel: 'relation-7' } });
  });

  it('by the same user again changes nothing', () => {
    const channel = newChannel();
    bind(channel, 'u1');
    const before = channel.stored;
    expect(bind(channel, 'u1').outcome).toBe('done');
    expect(channel.stored).toEqual(before);
    expect(channel.tells).toEqual([]);
  });

  it('is refused with CHANNEL_TAKEN while another user holds it', () => {
    const channel = newChannel();
    bind(channel, 'u1');
    expect(bind(channel, 'u2')).toMatchObject({ outcome: 'refused', reason: { code: 'CHANNEL_TAKEN' } });
    expect(channel.context.owner).toBe('u1');
  });

  it('is won by one of two in the same turn', () => {
    const channel = newChannel();
    const both = ['u1', 'u2'].map((userId) => ({ type: 'bind', userId, by: 'staff:a' }));
    expect(channel.sendTogether(both).map(({ outcome }) => outcome)).toEqual(['done', 'refused']);
  });
});

describe('asking', () => {
  it('a bound channel answers at once, each time', () => {
    const channel = newChannel();
    bind(channel, 'u1');
    channel.send({ type: 'ask', order: '100' });
    channel.send({ type: 'ask', order: '100' });
    expect(answersOf(channel)).toEqual([answerTo('100'), answerTo('100')]);
  });

  it('an unbound channel answers at the binding, once an order, and then forgets', () => {
    const channel = newChannel();
    for (const order of ['100', '101', '100']) channel.send({ type: 'ask', order });
    expect(channel.context.askers).toEqual(['100', '101']);
    expect(channel.tells).toEqual([]);
    bind(channel, 'u1');
    expect(answersOf(channel)).toEqual([answerTo('100'), answerTo('101')]);
    expect(channel.context.askers).toEqual([]);
  });

  it('keeps a thousand askers; one more asks again later', () => {
    const channel = newChannel();
    for (let n = 0; n <= MAX_ASKERS; n++) channel.send({ type: 'ask', order: `${n}` });
    expect(channel.listing.view).toMatchObject({ waitingOrderCount: MAX_ASKERS });
    bind(channel, 'u1');
    expect(answersOf(channel)).toHaveLength(MAX_ASKERS);
    channel.send({ type: 'ask', order: `${MAX_ASKERS}` });
    expect(answersOf(channel).at(-1)).toEqual(answerTo(`${MAX_ASKERS}`));
  });
});
