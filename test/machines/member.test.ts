import { expect, test } from 'vitest';
import { createMemberMachine, type MemberContext, memberListing } from '../../src/machines/member.ts';
import { MachineDriver } from '../support/machine-driver.ts';

function newMember(): MachineDriver<MemberContext> {
  return new MachineDriver({ type: 'member', machine: createMemberMachine(), list: memberListing }, 'u1');
}

const bound = (channel: string) => ({ type: 'channelBound', channel, by: 'ann' });

test('lists its channels, each once, the latest last, and no more than it can carry', () => {
  const member = newMember();
  for (const channel of ['relation-1', 'special-2', 'relation-1']) member.send(bound(channel));
  expect(member.context.channels).toEqual(['special-2', 'relation-1']);
  for (let index = 0; index < 150; index++) member.send(bound(`adzone-${index}`));
  expect(member.context.channels).toHaveLength(100);
  expect(member.context.channels.at(-1)).toBe('adzone-149');
});

test('is frozen and unfrozen, says by whom and why, and numbers each change for the balance', () => {
  const member = newMember();
  member.send({ type: 'freeze', by: 'ann', reason: 'odd orders' });
  expect([member.state, member.context.frozen]).toEqual([
    'frozen',
    { by: 'ann', reason: 'odd orders', at: member.now },
  ]);
  expect(member.listing).toMatchObject({ owner: 'u1', status: 'frozen', view: { frozen: { by: 'ann' } } });
  member.send({ type: 'unfreeze', by: 'bob', reason: 'explained' });
  expect([member.state, member.context.frozen]).toEqual(['active', null]);
  expect(member.context.unfrozen).toEqual({ by: 'bob', reason: 'explained', at: member.now });
  expect(member.tells.map(({ to, event }) => ({ to, event }))).toEqual([
    { to: 'balance/u1', event: { type: 'freeze', by: 'ann', reason: 'odd orders', n: 1 } },
    { to: 'balance/u1', event: { type: 'unfreeze', by: 'bob', reason: 'explained', n: 2 } },
  ]);
});

test('frozen again it takes the newer reason', () => {
  const member = newMember();
  for (const reason of ['first', 'second']) member.send({ type: 'freeze', by: 'ann', reason });
  expect([member.state, member.context.frozen?.reason, member.tells.at(-1)?.event['n']]).toEqual([
    'frozen',
    'second',
    2,
  ]);
});
