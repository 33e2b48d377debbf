/**
 * What `projections.contract.ts` asks of lists.
 */
import { describe, expect, it } from 'vitest';
import { type Address, toAddress } from '../../src/actors/address.ts';
import type { HeadsQuery, Position, Projections, RowsQuery } from '../../src/actors/ports.ts';
import { headOf, rowOf } from '../support/projected.ts';

export function listingHeads(projections: () => Projections): void {
  const ids = async (query: Omit<HeadsQuery, 'type' | 'limit'> & { limit?: number }) =>
    (await projections().heads({ type: 'order', limit: 10, ...query })).map(({ actor }) => actor.slice(6));

  const many = () =>
    projections().project(
      [
        headOf('order/a', 1, { sortKey: 5, state: 'paid', status: 'paid' }),
        headOf('order/b', 1, { sortKey: 9, state: 'settled.holding', status: 'settled', owner: 'u2' }),
        headOf('order/c', 1, { sortKey: 7, state: 'settled.released', status: 'settled' }),
        headOf('order/d', 1, { sortKey: 8, state: 'paid', status: 'paid', owner: null, machine: 'order@old' }),
        headOf('order/e', 1, { sortKey: 6, state: 'settled.holding', status: 'settled' }),
        headOf('withdrawal/f', 1, { sortKey: 10, state: 'paid', status: 'paid' }),
      ],
      [],
    );

  describe('heads', () => {
    it('are those of one type, newest first', async () => {
      await many();
      expect(await ids({})).toEqual(['b', 'd', 'c', 'e', 'a']);
    });

    it('are read of many actors at once, as far as there are any', async () => {
      await many();
      const asked = ['order/c', 'order/none', 'withdrawal/f', 'order/a'] as const;
      const found = await projections().headsOf([
        ...asked,
        ...Array.from({ length: 990 }, (_, n) => toAddress('order', `x${n}`)),
      ]);
      expect(found.map(({ actor }) => actor).sort()).toEqual(['order/a', 'order/c', 'withdrawal/f']);
      expect(found.find(({ actor }) => actor === 'order/c')).toEqual(await projections().head('order/c'));
      expect(await projections().headsOf([])).toEqual([]);
    });

    it.each<[string, Partial<HeadsQuery>, string[]]>([
      ['owner', { owner: 'u1' }, ['c', 'e', 'a']],
      ['status', { status: 'settled' }, ['b', 'c', 'e']],
      ['state', { state: 'settled.holding' }, ['b', 'e']],
      ['owner and status', { owner: 'u1', status: 'settled' }, ['c', 'e']],
      ['owner and state', { owner: 'u1', state: 'paid' }, ['a']],
      ['status and state', { status: 'settled', state: 'settled.released' }, ['c']],
      ['all three', { owner: 'u2', status: 'settled', state: 'settled.holding' }, ['b']],
      ['an owner of none', { owner: 'u3' }, []],
      ['a status of none', { status: 'nope' }, []],
      ['a state whose beginning occurs', { state: 'settled' }, []],
      ['machine version and state', { machine: 'order@old', state: 'paid' }, ['d']],
      ['a machine version of none', { machine: 'order@none', state: 'paid' }, []],
    ])('are filtered by %s', async (_, query, expected) => {
      await many();
      expect(await ids(query)).toEqual(expected);
    });

    it.each<[string, Partial<HeadsQuery>, string[]]>([
      ['all', {}, ['b', 'd', 'c', 'e', 'a']],
      ['an owner’s', { owner: 'u1' }, ['c', 'e', 'a']],
      ['those of a status', { status: 'settled' }, ['b', 'c', 'e']],
    ])('are paged through, each once: %s', async (_, query, expected) => {
      await many();
      const seen: string[] = [];
      for (let after: Position | undefined; ; ) {
        const page = await projections().heads({ type: 'order', limit: 2, ...query, ...(after && { after }) });
        const last = page.at(-1);
        if (last === undefined) break;
        seen.push(...page.map(({ actor }) => actor.slice(6)));
        after = [last.sortKey, last.actor];
      }
      expect(seen).toEqual(expected);
    });

    it('said to be unlisted are moved on like any other when they are listed after all', async () => {
      await projections().project([headOf('order/a', 2, { state: 'first' }), headOf('order/b', 2)], []);
      const again = [headOf('order/a', 3, { state: 'later' }), headOf('order/b', 1), headOf('order/c', 1)];
      await projections().project(again, [], new Set(['order/a', 'order/b', 'order/c']));
      const states = (await projections().heads({ type: 'order', limit: 9 })).map(
        ({ actor, seq }) => `${actor} ${seq}`,
      );
      expect(states.sort()).toEqual(['order/a 3', 'order/b 2', 'order/c 1']);
    });

    it('of one sort key are paged by address, each once', async () => {
      const actors = Array.from({ length: 25 }, (_, index) => `order/${index}` as Address);
      await projections().project(
        actors.map((actor, index) => headOf(actor, 1, { state: `s${index % 3}` })),
        [],
      );
      for (const query of [{}, { owner: 'u1' }]) {
        const seen: Address[] = [];
        for (let after: Position | undefined; ; ) {
          const page = await projections().heads({ type: 'order', limit: 4, ...query, ...(after && { after }) });
          const last = page.at(-1);
          if (last === undefined) break;
          seen.push(...page.map(({ actor }) => actor));
          after = [last.sortKey, last.actor];
        }
        expect(seen).toEqual([...actors].sort().reverse());
      }
    });

    it('go on after a position whose head is gone', async () => {
      await many();
      expect(await ids({ after: [7, 'order/zzz'] })).toEqual(['c', 'e', 'a']);
      expect(await ids({ after: [7, 'order/c'] })).toEqual(['e', 'a']);
      expect(await ids({ after: [0, ''] })).toEqual([]);
    });

    it('move between the lists with their status and state', async () => {
      await many();
      await projections().project([headOf('order/a', 2, { sortKey: 5, state: 'closed', status: 'invalid' })], []);
      expect(await ids({ status: 'paid' })).toEqual(['d']);
      expect(await ids({ state: 'closed' })).toEqual(['a']);
      expect(await ids({ owner: 'u1', status: 'invalid' })).toEqual(['a']);
    });

    it('move with their sort key', async () => {
      await many();
      await projections().project([headOf('order/a', 2, { sortKey: 20 })], []);
      expect(await ids({})).toEqual(['a', 'b', 'd', 'c', 'e']);
      expect(await ids({ owner: 'u1' })).toEqual(['a', 'c', 'e']);
    });

    it('take owners, states and statuses of any text as they are', async () => {
      const odd = { owner: "u'; --", state: 'a|b"\u0000', status: '%_' };
      await projections().project([headOf('order/odd', 1, odd), headOf('order/even', 1)], []);
      expect(await ids(odd)).toEqual(['odd']);
      expect(await ids({ owner: '283900000000000001' })).toEqual([]);
    });
  });
}

export function listingRows(projections: () => Projections): void {
  const ids = async (query: Partial<RowsQuery>) =>
    (await projections().rows({ table: 'ledger', owner: 'u1', limit: 10, ...query })).map(({ id }) => id);

  describe('rows', () => {
    it('are stored whole', async () => {
      const row = rowOf('balance/u1', 3, 2, { data: { kind: 'credit', 返利: -1, list: [null] } });
      await projections().project([], [row]);
      expect(await projections().rows({ table: 'ledger', owner: 'u1', limit: 1 })).toEqual([row]);
    });

    it('are those of one table and owner', async () => {
      const change = [{}, { owner: 'u2' }, { table: 'other' }];
      await projections().project(
        [],
        change.map((each, index) => rowOf('balance/u1', index + 1, 1, each)),
      );
      expect(await ids({})).toEqual(['balance/u1#1.1']);
      expect(await ids({ owner: 'u2' })).toEqual(['balance/u1#2.1']);
      expect(await ids({ table: 'other' })).toEqual(['balance/u1#3.1']);
    });

    it('are inserted once, however often they come', async () => {
      const rows = [rowOf('balance/u1', 1, 1), rowOf('balance/u1', 1, 2)];
      await projections().project([], rows);
      await projections().project([], [...rows, rowOf('balance/u1', 2, 1)]);
      await projections().project([], [rowOf('balance/u1', 3, 1), rowOf('balance/u1', 3, 1)]);
      expect(await ids({})).toHaveLength(4);
    });

    it('come newest first, within one time by seq and number as numbers', async () => {
      const rows = [
        rowOf('balance/u1', 9, 1, { at: 50 }),
        rowOf('balance/u1', 10, 1, { at: 50 }),
        rowOf('balance/u1', 10, 11, { at: 50 }),
        rowOf('balance/u1', 10, 2, { at: 50 }),
        rowOf('balance/u1', 11, 1, { at: 60 }),
      ];
      await projections().project([], rows);
      expect(await ids({})).toEqual(['11.1', '10.11', '10.2', '10.1', '9.1'].map((end) => `balance/u1#${end}`));
    });

    it('are paged through, each once, also within one time', async () => {
      const rows = Array.from({ length: 23 }, (_, index) => rowOf('balance/u1', 1 + (index >> 2), index, { at: 50 }));
      await projections().project([], rows);
      const seen: string[] = [];
      for (let after: Position | undefined; ; ) {
        const page = await projections().rows({ table: 'ledger', owner: 'u1', limit: 3, ...(after && { after }) });
        const last = page.at(-1);
        if (last === undefined) break;
        seen.push(...page.map(({ id }) => id));
        after = [last.at, last.id];
      }
      expect(seen).toEqual(rows.map(({ id }) => id).reverse());
    });

    it('of several actors of one owner are all listed', async () => {
      await projections().project(
        [],
        [rowOf('balance/u1', 1, 1), rowOf('balance/u10', 1, 1), rowOf('member/u1', 1, 1)],
      );
      expect(await ids({})).toEqual(['member/u1#1.1', 'balance/u10#1.1', 'balance/u1#1.1']);
    });
  });
}

export function countingStates(projections: () => Projections): void {
  describe('counts of states', () => {
    it('are of all heads, whatever their owner and status, with the longest stay', async () => {
      const heads = [
        headOf('order/1', 1, { since: 50 }),
        headOf('order/2', 1, { since: 40, owner: null, status: 'x' }),
        headOf('order/3', 1, { state: 'closed', since: 70 }),
        headOf('withdrawal/1', 1, { state: 'paying.unknown', since: 60 }),
      ];
      await projections().project(heads, []);
      const counts = await projections().countStates([]);
      expect([...counts].sort((a, b) => (a.type + a.state < b.type + b.state ? -1 : 1))).toEqual([
        { type: 'order', machine: 'order@1', state: 'closed', count: 1, oldestSince: 70, overdue: 0 },
        { type: 'order', machine: 'order@1', state: 'paid', count: 2, oldestSince: 40, overdue: 0 },
        { type: 'withdrawal', machine: 'order@1', state: 'paying.unknown', count: 1, oldestSince: 60, overdue: 0 },
      ]);
    });

    it('say how many came into a state before its limit', async () => {
      const heads = ['1', '2', '3'].map((id, index) => headOf(`order/${id}`, 1, { since: 10 * (index + 1) }));
      await projections().project(heads, []);
      const limits = [
        { type: 'order', state: 'paid', before: 21 },
        { type: 'order', state: 'never', before: 999 },
        { type: 'withdrawal', state: 'paid', before: 999 },
      ];
      expect(await projections().countStates(limits)).toEqual([
        { type: 'order', machine: 'order@1', state: 'paid', count: 3, oldestSince: 10, overdue: 2 },
      ]);
    });

    it('are apart for each machine version, and follow an actor into the next one', async () => {
      const old = { machine: 'order@0' };
      await projections().project(
        [headOf('order/1', 1, old), headOf('order/2', 1, { ...old, since: 30 }), headOf('order/3', 1)],
        [],
      );
      await projections().project([headOf('order/1', 2)], []);
      const counts = await projections().countStates([{ type: 'order', state: 'paid', before: 901 }]);
      expect([...counts].sort((a, b) => (a.machine < b.machine ? -1 : 1))).toEqual([
        { type: 'order', machine: 'order@0', state: 'paid', count: 1, oldestSince: 30, overdue: 1 },
        { type: 'order', machine: 'order@1', state: 'paid', count: 2, oldestSince: 900, overdue: 2 },
      ]);
      expect(await projections().heads({ type: 'order', state: 'paid', limit: 5 })).toHaveLength(3);
    });

    it('follow an actor into its next state', async () => {
      await projections().project([headOf('order/1', 1, { since: 10 })], []);
      await projections().project([headOf('order/1', 2, { since: 10 })], []);
      await projections().project([headOf('order/1', 3, { state: 'closed', since: 30 })], []);
      const limits = [{ type: 'order', state: 'closed', before: 30 }];
      expect(await projections().countStates(limits)).toEqual([
        { type: 'order', machine: 'order@1', state: 'closed', count: 1, oldestSince: 30, overdue: 0 },
      ]);
    });
  });
}
