/**
 * Records light the charts: every machine is walked through random events, and each transition that its records name must
 * be an edge of its graph, taken from where the actor was to where it went.
 */
import { expect, it } from 'vitest';
import { fromStored } from '../../../src/actors/decide.ts';
import { edgeOf } from '../../../src/actors/edge.ts';
import type { CallOutcome } from '../../../src/actors/ports.ts';
import { type ActorEvent, type Json, type RecordedMessage, stateName } from '../../../src/actors/record.ts';
import { activeIds } from '../../../src/http/graph/active-ids.ts';
import type { GraphEdge } from '../../../src/http/graph/graph-types.ts';
import { graphOf } from '../../../src/http/graph/machine-graph.ts';
import { createCatalog, type MachineEntry } from '../../../src/machines/catalog.ts';
import { defaultRules } from '../../../src/machines/rules.ts';
import { Random } from '../../simulation/random.ts';
import { MachineDriver } from '../../support/machine-driver.ts';
import { orderRow, refundRow } from '../../support/order-rows.ts';

const WALKS = 120;
const STEPS = 40;
const catalog = createCatalog({ ...defaultRules, orderPollMs: 1_000 });

/** An event of that type with a little of all that any machine reads from one. */
function eventOf(type: string, random: Random, now: number): ActorEvent {
  const user = random.pick(['u1', 'u2']);
  const channel = `relation-${random.pick(['1', '2'])}`;
  const modifiedAt = now - random.between(0, 40) * 86_400_000;
  const row = orderRow({
    status: random.pick([12, 14, 3, 13] as const),
    modifiedAt,
    relationId: random.pick([null, '1', '2']),
    earningAt: modifiedAt,
    feeFen: 170,
  });
  const plan = {
    of: 'order',
    ids: ['1', '2'],
    event: { type: 'claim' },
    perSecond: 5,
    ticket: null,
    approval: random.pick([null, 'ap1']),
  };
  return {
    type,
    userId: user,
    owner: random.chance(0.3) ? { userId: user, channel } : null,
    by: random.pick(['ann', 'bob']),
    approvedBy: random.pick(['ann', 'bob', null]),
    reason: 'because of this test',
    channel,
    row: { ...row },
    refund: { ...refundRow({ suitId: String(random.between(1, 60)), modifiedAt }) },
    order: String(random.between(1, 3)),
    n: random.between(1, 4),
    kind: 'credit',
    pendingFen: random.between(0, 50),
    availableFen: random.between(-50, 300),
    deltaFen: random.between(-50, 50),
    withdrawal: `wd_${random.between(1, 3)}`,
    amountFen: random.pick([1, 1_000, 60_000]),
    deadline: now + random.pick([-1, 60_000]),
    account: { sealed: 'v1.c2VhbGVk', masked: { identity: '138****0000', name: '*三' } },
    fingerprint: 'f1',
    code: 'INSUFFICIENT_FUNDS',
    from: now - 3_600_000,
    to: 'order/1',
    role: random.pick(['viewer', 'admin']),
    group: { type: 'withdrawal', state: 'review', code: '', dependency: '' },
    until: now + 60_000,
    entry: { id: `e${random.between(1, 3)}`, at: now, by: 'ann', action: 'reveal', subject: null },

    ...plan,
  } as unknown as ActorEvent;
}

function outcomeOf(random: Random, now: number): CallOutcome {
  const reason = {
    code: random.pick(['TIMEOUT', 'SECURITY_CHECK_FAILED', 'WINDOW_TOO_LONG', 'WINDOW_TOO_OLD', 'POSITION_INVALID']),
  };
  const output = {
    status: random.pick(['SUCCESS', 'FAIL', 'NOT_FOUND', 'DEALING']),
    hasNext: random.chance(0.5),
    positionIndex: null,
    rowCount: random.between(0, 2),
    digest: String(random.between(0, 2)),
    results: [{ n: random.between(0, 1), outcome: 'done', code: null }],
  } satisfies Json;
  return random.pick<CallOutcome>([
    { kind: 'ok', output },
    { kind: 'ok', output },
    { kind: 'refused', reason },
    { kind: 'unknown', reason },
    { kind: 'postponed', until: now + 60_000, reason },
  ]);
}

interface Step {
  readonly recorded: RecordedMessage;
  /** What XState itself says would be taken, asked before. */
  readonly foreseen: readonly string[] | null;
}

function step(driver: MachineDriver, entry: MachineEntry, types: readonly string[], random: Random): Step | null {
  const calls = driver.waiting.filter((waiting) => waiting.kind === 'call');
  const timers = driver.waiting.filter((waiting) => waiting.kind === 'timer');
  const choice = random.weighted({
    event: 4,
    answer: calls.length > 0 ? 4 : 0,
    timer: timers.length > 0 ? 0.5 : 0,
    late: driver.attempts.length > 0 ? 1 : 0,
  });
  try {
    if (choice === 'event') {
      const event = eventOf(
        random.pick(random.chance(0.3) ? types : heardBy(driver, entry, types)),
        random,
        driver.now,
      );
      return { foreseen: driver.seq === 0 ? null : foreseen(driver, entry, event), recorded: driver.offer(event) };
    }
    if (choice === 'answer')
      return { foreseen: null, recorded: driver.answerAttempt(random.pick(calls), outcomeOf(random, driver.now)) };
    if (choice === 'late')
      return {
        foreseen: null,
        recorded: driver.answerAttempt(random.pick(driver.attempts), outcomeOf(random, driver.now)),
      };
    const timer = random.pick(timers);
    driver.now = Math.max(driver.now, timer.dueAt);
    return { foreseen: null, recorded: driver.fireToken(timer.token) };
  } catch {
    return null;
  }
}

/** Those of the events that the leaf states listen to, or all when they hear none. */
function heardBy(driver: MachineDriver, { machine }: MachineEntry, types: readonly string[]): readonly string[] {
  const own = driver.seq === 0 ? [] : (fromStored(machine, driver.stored).snapshot._nodes.at(-1)?.ownEvents ?? []);
  const heard = types.filter((type) => (own as readonly string[]).includes(type));
  return heard.length === 0 ? types : heard;
}

function foreseen(driver: MachineDriver, { machine }: MachineEntry, event: ActorEvent): readonly string[] | null {
  const { snapshot } = fromStored(machine, driver.stored);
  try {
    return machine
      .getTransitionData(snapshot, { ...event, at: driver.now, id: 'x' } as never)
      .map((one) => edgeOf(one as never));
  } catch {
    return null;
  }
}

/** The states the actor may be in while it goes along these edges: where it was, and whatever it came into on the way. */
function followed(from: readonly string[], edges: readonly GraphEdge[], all: readonly GraphEdge[]): string[] {
  const reached = new Set(from);
  const reach = (id: string) => {
    for (let at = id; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('.')))) reached.add(at);
    for (const { kind, source, targets } of all)
      if (kind === 'initial' && source === `${id}:initial`) for (const target of targets) reach(target);
  };
  return edges.flatMap(({ id, source, targets }) => {
    const isHere = reached.has(source);
    for (const target of targets) reach(target);
    return isHere ? [] : [`${id} is taken from ${source}, where the actor was not`];
  });
}

it.each(catalog.map((entry) => [entry.type, entry] as const))(
  'every step of a %s is an edge of its chart',
  (type, entry) => {
    const graph = graphOf({ ...entry, version: 'test' });
    const byId = new Map(graph.edges.map((edge) => [edge.id, edge]));
    expect(byId.size).toBe(graph.edges.length);
    const taken = new Set<string>();
    for (let walk = 0; walk < WALKS; walk += 1) {
      const random = new Random(`${type}/${walk}`);
      const driver = new MachineDriver(entry, type === 'feed' ? random.pick(['orders', 'nightly']) : '1');
      // Each walk does without some events, else the ways that end early would be taken always.
      const types = Object.keys(entry.events).filter((_, index) => index === 0 || random.chance(0.7));
      for (let count = 0; count < STEPS; count += 1) {
        const { seq } = driver;
        const before = seq === 0 ? null : activeIds(entry.machine.id, stateName(driver.stored.value));
        const done = step(driver, entry, types, random);
        // Parked, or an outcome that was heard before.
        if (done === null || driver.seq === seq) continue;
        const { recorded, foreseen: expected } = done;
        if (expected !== null && recorded.outcome !== 'parked')
          expect(recorded.edges.slice(0, expected.length)).toEqual(expected);
        const edges = recorded.edges.map((id) => byId.get(id) ?? id);
        expect(edges.filter((edge) => typeof edge === 'string')).toEqual([]);
        if (before !== null) expect(followed(before, edges as GraphEdge[], graph.edges)).toEqual([]);
        for (const id of recorded.edges) taken.add(id);
      }
    }
    const possible = graph.edges.filter(({ kind }) => kind !== 'initial');
    console.log(`${type}: ${taken.size} of ${possible.length} edges taken`);
    expect(taken.size).toBeGreaterThanOrEqual(possible.length / 2);
  },
);
