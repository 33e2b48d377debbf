import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AnyMachineSnapshot, type AnyStateMachine, and, assign, cancel, not, raise, setup, stateIn } from 'xstate';
import { Chart } from '../../src/actors/chart.ts';
import { edgeOf, type NamedTransition } from '../../src/actors/edge.ts';
import { nodesOf } from '../../src/actors/registry.ts';
import { createCatalog } from '../../src/machines/catalog.ts';
import { effects } from '../../src/machines/effects.ts';
import { defaultRules } from '../../src/machines/rules.ts';

interface Taken {
  readonly snapshot: AnyMachineSnapshot;
  readonly effects: readonly { type: string; params: unknown }[];
  readonly edges: readonly string[];
}

/** What XState itself makes of it. */
function byXstate(run: (scope: object) => unknown): Taken {
  const collected: { type: string; params: unknown }[] = [];
  const edges: string[] = [];
  const scope = {
    self: { id: '' },
    defer: () => {},
    emit: () => {},
    stopChild: () => {},
    system: {
      _sendInspectionEvent: ({ _transitions = [] }: { _transitions?: readonly NamedTransition[] }) => {
        edges.push(..._transitions.map(edgeOf));
      },
    },
    actionExecutor: ({ type, params }: { type: string; params: { delay?: number } | undefined }) => {
      if (type === 'xstate.assign') return;
      if (type === 'xstate.raise' && params?.delay === undefined) return;
      collected.push({ type, params });
    },
  };
  const snapshot = run(scope) as AnyMachineSnapshot;
  if (snapshot.status === 'error') throw snapshot.error;
  return { snapshot, effects: collected, edges };
}

type Outcome = Omit<Taken, 'snapshot'> & { value: unknown; context: unknown };

/** XState lets regions act in the order they were entered last, ours act in document order (as SCXML says): where there
 * are regions, what is done is compared and not its order. */
function judged(take: () => Taken): Outcome | { thrown: true } {
  try {
    const { snapshot, effects: given, edges } = take();
    const { value, context, machine } = snapshot;
    if (!nodesOf(machine.root).some((node) => node.type === 'parallel'))
      return { value, context, effects: given, edges };
    const byText = (a: unknown, b: unknown) => (String(JSON.stringify(a)) < String(JSON.stringify(b)) ? -1 : 1);
    return { value, context, effects: [...given].sort(byText), edges: [...edges].sort() };
  } catch {
    return { thrown: true };
  }
}

/** XState also reports transitions that lost to a conflicting one. */
function withoutLost<T extends object>(theirs: T, ours: object): T {
  if (!('edges' in theirs && 'edges' in ours)) return theirs;
  const taken = ours.edges as readonly string[];
  return { ...theirs, edges: (theirs.edges as readonly string[]).filter((edge) => taken.includes(edge)) };
}

/** Both begin in the same state at each step, as actors do that come from the journal. */
function assertSameSteps(machine: AnyStateMachine, events: readonly { type: string }[]): number {
  const chart = new Chart(machine);
  const input = { id: '1', at: 1_000 };
  const born = chart.begin(input);
  expect(judged(() => born)).toEqual(
    judged(() => byXstate((scope) => machine.getInitialSnapshot(scope as never, input as never))),
  );
  let { snapshot } = born;
  let taken = 0;
  for (const event of events) {
    const { value, context } = snapshot;
    const stored = machine.resolveState({ value, context } as never);
    const theirs = judged(() =>
      byXstate((scope) => machine.transition(stored as never, event as never, scope as never)),
    );
    const ours = judged(() => {
      const step = chart.step(snapshot, event);
      snapshot = step.snapshot;
      taken += step.edges.length;
      return step;
    });
    expect(ours, JSON.stringify(event)).toEqual(withoutLost(theirs, ours));
  }
  return taken;
}

const USERS = ['u1', 'u2'];
const fen = fc.integer({ min: 0, max: 300 });
const time = fc.integer({ min: 1_000, max: 3_000_000_000 });
const row = fc.record({
  tradeId: fc.constant('1'),
  parentId: fc.constant('1'),
  status: fc.constantFrom(12, 14, 3, 13),
  modifiedAt: time,
  createdAt: fc.constant(500),
  paidAt: fc.constant(600),
  earningAt: fc.option(time, { nil: null }),
  itemId: fc.constant('i'),
  itemTitle: fc.constant('t'),
  itemImageUrl: fc.constant(''),
  paidFen: fen,
  preFeeFen: fen,
  feeFen: fen,
  techFeeFen: fen,
  relationId: fc.constantFrom(null, '1', '2'),
  specialId: fc.constant(null),
  adzoneId: fc.constantFrom(null, '7'),
  refunded: fc.boolean(),
  hash: fc.string({ maxLength: 4 }),
});
const refund = fc.record({
  suitId: fc.constantFrom('s1', 's2'),
  tradeId: fc.constant('1'),
  status: fc.integer({ min: 1, max: 6 }),
  modifiedAt: time,
  refundFen: fen,
  incomeFen: fen,
  hash: fc.string({ maxLength: 4 }),
});

/** Fields that events of any of our machines carry; what one does not know it does not read. */
const payload = fc.record({
  at: time,
  id: fc.uuid(),
  row,
  refund,
  owner: fc.constantFrom(null, { userId: 'u1', channel: 'relation-1' }),
  userId: fc.constantFrom(...USERS),
  channel: fc.constantFrom('relation-1', 'relation-2', 'adzone-7'),
  order: fc.constantFrom('1', '2'),
  n: fc.integer({ min: 0, max: 3 }),
  kind: fc.constantFrom('credit', 'release', 'clawback', 'adjust'),
  pendingFen: fc.integer({ min: -200, max: 200 }),
  availableFen: fc.integer({ min: -200, max: 400 }),
  withdrawal: fc.constantFrom('wd_1', 'wd_2'),
  amountFen: fc.integer({ min: 0, max: 60_000 }),
  deadline: time,
  by: fc.constant('staff:s'),
  reason: fc.constantFrom({ code: 'TIMEOUT' }, { code: 'SECURITY_CHECK_FAILED' }, { code: 'WINDOW_TOO_LONG' }),
  code: fc.constantFrom('INSUFFICIENT_FUNDS', 'HOLD_CANCELED'),
  account: fc.constant({ sealed: 'x', masked: { identity: '1', name: '2' } }),
  fingerprint: fc.constant('f'),
  from: time,
  until: time,
  callId: fc.constant('c'),
  attempt: fc.constantFrom(1, 2),
  lost: fc.boolean(),
  outcome: fc.constantFrom({ kind: 'ok', output: { status: 'SUCCESS', orderId: '1', paidAt: 1 } }, { kind: 'unknown' }),
  output: fc.record({
    status: fc.constantFrom('SUCCESS', 'FAIL', 'DEALING', 'NOT_FOUND', 'REFUND'),
    orderId: fc.constant('9'),
    paidAt: time,
    hasNext: fc.boolean(),
    positionIndex: fc.constantFrom(null, 'p1'),
    rowCount: fc.integer({ min: 0, max: 3 }),
    digest: fc.constantFrom('a', 'b'),
  }),
});

function eventsOf(machine: AnyStateMachine) {
  const types = nodesOf(machine.root).flatMap((node) => [...node.transitions.keys()] as string[]);
  const type = fc.constantFrom(...new Set([...types, 'unheardOf']));
  return fc.array(
    fc.tuple(type, payload).map(([name, rest]) => ({ ...rest, type: name })),
    { maxLength: 40 },
  );
}

describe('a step is the one that XState takes', () => {
  test.each(createCatalog({ ...defaultRules, orderStart: 1_000 }).map(({ type, machine }) => [type, machine] as const))(
    'of the machine %s',
    (_type, machine) => {
      let taken = 0;
      fc.assert(
        fc.property(eventsOf(machine), (events) => {
          taken += assertSameSteps(machine, events);
        }),
        { numRuns: 300 },
      );
      expect(taken).toBeGreaterThan(100);
    },
  );

  test('of a machine with everything that may be registered', () => {
    let taken = 0;
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...ODD_EVENTS), { maxLength: 40 }), (types) => {
        taken += assertSameSteps(
          oddMachine as never,
          types.map((type, index) => ({ type, at: index })),
        );
      }),
      { numRuns: 2_000 },
    );
    expect(taken).toBeGreaterThan(5_000);
  });
});

const ODD_EVENTS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'none'];

const mark = (name: string) => ({ type: 'row', params: { name } }) as never;

/** Nested regions, transitions across them, into the middle and out of the root, reentry, raising and cancelling. */
const oddMachine = setup({
  types: { context: {} as { n: number; seen: readonly string[] } },
  actions: {
    ...effects,
    count: assign({ n: ({ context }) => context.n + 1 }),
    add: assign(({ context }, { by }: { by: number }) => ({ n: context.n + by })),
    note: assign(({ context, event }) => ({ seen: [...context.seen, event.type].slice(-5) })),
  },
  guards: {
    isEven: ({ context }) => context.n % 2 === 0,
    isOver: ({ context }, { limit }: { limit: number }) => context.n > limit,
  },
  delays: { later: ({ context }) => 1_000 + context.n },
}).createMachine({
  id: 'odd',
  type: 'parallel',
  context: { n: 0, seen: [] },
  entry: [mark('root in')],
  exit: [mark('root out')],
  on: {
    f: { target: '.left.two', actions: [mark('f'), 'note'] },
    g: { target: ['.left.deep.x.q', '.right.off'], actions: 'count' },
    h: { target: '#odd', reenter: true, actions: mark('h') },
  },
  states: {
    left: {
      initial: 'one',
      entry: mark('left in'),
      exit: mark('left out'),
      on: { e: { target: 'left', actions: 'note' }, i: { target: 'left', reenter: true } },
      states: {
        one: {
          entry: ['count', mark('one in')],
          exit: mark('one out'),
          after: { later: { target: 'two', actions: 'note' } },
          on: {
            a: [{ guard: 'isEven', target: 'two' }, { actions: [raise({ type: 'b' }), 'count', mark('a')] }],
            b: { target: 'deep', actions: 'note' },
          },
        },
        two: {
          entry: [mark('two in'), cancel('gone')],
          always: {
            guard: and([{ type: 'isOver', params: { limit: 3 } }, not('isEven')]),
            target: 'one',
            actions: 'count',
          },
          on: { a: 'one', c: { target: '#odd.right.on', actions: 'note' } },
        },
        deep: {
          type: 'parallel',
          exit: mark('deep out'),
          on: { b: { target: '.y.s', actions: { type: 'add', params: { by: 2 } } } },
          states: {
            x: {
              initial: 'p',
              states: {
                p: { on: { a: { target: 'q', actions: 'count' } }, exit: mark('p out') },
                q: { entry: mark('q in'), on: { a: '#odd.left.one', d: { target: 'q', reenter: true } } },
              },
            },
            y: {
              initial: 'r',
              states: {
                r: { on: { a: { target: 's' }, d: { actions: raise({ type: 'c' }, { delay: 50, id: 'soon' }) } } },
                s: { always: { guard: stateIn('#odd.right.on'), target: 'r', actions: mark('s left') } },
              },
            },
          },
        },
      },
    },
    right: {
      initial: 'off',
      exit: mark('right out'),
      states: {
        off: { on: { a: { target: 'on', actions: 'count' }, j: { target: '#odd.left.deep.y.s' } } },
        on: {
          entry: mark('on in'),
          always: { guard: { type: 'isOver', params: { limit: 12 } }, target: 'off', actions: assign({ n: 0 }) },
          on: { a: 'off', e: { target: 'off', actions: ['note', mark('e')] } },
        },
      },
    },
  },
});

describe('a chart', () => {
  test('keeps nothing of a snapshot that was just read', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const machine = createCatalog({ ...defaultRules, orderStart: 0 })[0]?.machine as AnyStateMachine;
    const chart = new Chart(machine);
    const value = { trade: 'paid', attribution: 'asking' };
    const read = () => {
      const snapshot = machine.resolveState({ value, context: {} } as never) as AnyMachineSnapshot;
      chart.step(snapshot, { type: 'nobodyKnows' });
      return new WeakRef(snapshot.value as object);
    };
    const kept = read();
    await new Promise(setImmediate);
    collect();
    expect(kept.deref()).toBeUndefined();
  });
});
