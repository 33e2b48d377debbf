/**
 * Which port call fails, and how.
 *
 * A plan is asked once for each call. The seeded plan is a swarm: each pair of call kind and fault exists in a seed or
 * not, and then has a rate of its own, so that no fault is always hidden behind another.
 */
import type { Random } from './random.ts';

/** What a call does to the world decides which faults it can have. */
export type CallKind = 'read' | 'write' | 'append' | 'enqueue' | 'feed' | 'payout';

/**
 * `reject`: not done, and said so. `lookFailed`: done, but the answer is an error or `unknown`. `lost`: not done, answer
 * `unknown`. `late`: the same answer, and done later. `crashBefore`, `crashAfter`: the node dies at that moment.
 * `crashLate`: the node dies, the call is done later. `pause`: the node stands still before it hears the answer.
 */
const FAULTS = ['reject', 'lookFailed', 'lost', 'late', 'crashBefore', 'crashAfter', 'crashLate', 'pause'] as const;
export type Fault = (typeof FAULTS)[number];

/** A partner's refusal is its own word, never a fault of the call. */
const PARTNER_FAULTS = FAULTS.filter((fault) => fault !== 'reject');

export const POSSIBLE: Readonly<Record<CallKind, readonly Fault[]>> = {
  read: ['reject', 'crashBefore', 'crashAfter', 'pause'],
  write: FAULTS,
  append: FAULTS,
  enqueue: ['reject', 'lookFailed', 'lost', 'late', 'crashBefore', 'crashAfter', 'pause'],
  feed: PARTNER_FAULTS,
  payout: PARTNER_FAULTS,
};

export interface Draw {
  readonly fault: Fault | undefined;
  readonly sendMs: number;
  readonly replyMs: number;
  /** How much later a late call is done, or how long a pause lasts. */
  readonly laterMs: number;
  /** Decides what the caller's port leaves open, in [0, 1). */
  readonly coin: number;
}

/** Who calls what, and when. */
export interface CallInfo {
  readonly kind: CallKind;
  readonly operation: string;
  readonly node: string;
  readonly now: number;
}

export interface FaultPlan {
  draw(call: CallInfo): Draw;
  /** Whether no record of that actor can be stored from that node now, and nobody can tell. */
  isBlocked?(actor: string, node: string, now: number): boolean;
}

const SMOOTH: Draw = { fault: undefined, sendMs: 0, replyMs: 0, laterMs: 0, coin: 0 };

/** Nothing fails and nothing takes time. */
export const noFaults: FaultPlan = { draw: () => SMOOTH };

export interface SeededFaultsOptions {
  readonly nodes: readonly string[];
  readonly startAt: number;
  readonly endAt: number;
  /** A call is never done later than this after it was sent. */
  readonly maxLateMs: number;
  readonly maxPauseMs: number;
  /** Expected faults per call if every pair existed. */
  readonly intensity: number;
  /** How many times all calls of one kind of a node (or of all) fail together for a while. */
  readonly stormCount: number;
  /** How likely a call to the payout partner leaves its caller in doubt, other faults aside. */
  readonly payoutDoubt: number;
  /** How likely a node that is left in doubt dies soon after. */
  readonly doubtKills: number;
}

/** A stretch of time in which every call of that port fails in the same way or is slow, or no record of those actors is stored. */
interface Storm {
  readonly node: string | undefined;
  readonly operations: string;
  /** `slow`: it all works, but takes seconds. */
  readonly fault: Fault | 'slow';
  readonly actors: string;
  readonly from: number;
  readonly to: number;
}

/** Crashes and pauses cost more progress than other faults, so they are rarer. */
const WEIGHT: Readonly<Record<Fault, number>> = {
  reject: 1,
  lookFailed: 1,
  lost: 0.7,
  late: 0.7,
  crashBefore: 0.12,
  crashAfter: 0.2,
  crashLate: 0.08,
  pause: 0.08,
};

/** Reads are many and harmless; payouts are few, and what becomes of them matters most. */
const SCALE: Readonly<Record<CallKind, number>> = { read: 0.5, write: 1, append: 1, enqueue: 1, feed: 2, payout: 5 };
const HIGHEST_RATE = 0.3;

const DOUBTS: readonly Fault[] = ['late', 'lost', 'lookFailed'];

export class SeededFaults implements FaultPlan {
  readonly #random: Random;
  readonly #options: SeededFaultsOptions;
  readonly #rates = new Map<CallKind, readonly (readonly [Fault, number])[]>();
  readonly #storms: readonly Storm[];
  readonly #slowness: number;
  /** By `<call kind> <fault>`. */
  readonly counts = new Map<string, number>();
  /** Told of a node that is in doubt about a call and shall die within that time. */
  kill: (node: string, withinMs: number) => void = () => {};

  constructor(random: Random, options: SeededFaultsOptions) {
    this.#random = random;
    this.#options = options;
    this.#slowness = random.pick([0, 0.3, 0.3, 1]);
    this.#storms = Array.from({ length: options.stormCount }, () => drawStorm(random, options));
    for (const kind of Object.keys(POSSIBLE) as CallKind[]) {
      const existing = POSSIBLE[kind].filter(() => random.chance(0.5));
      const scale = (options.intensity / 4) * SCALE[kind];
      this.#rates.set(
        kind,
        existing.map(
          (fault) => [fault, Math.min(HIGHEST_RATE, WEIGHT[fault] * scale * (0.2 + 1.8 * random.next()))] as const,
        ),
      );
    }
  }

  draw(call: CallInfo): Draw {
    const random = this.#random;
    const storm = this.#storms.find(
      (each) => hits(each, call.node, call.now) && call.operation.startsWith(each.operations),
    );
    const fault = this.#fault(call, storm?.fault);
    if (fault !== undefined) {
      const name = `${call.kind} ${fault}`;
      this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
    }
    const isCrawling = storm?.fault === 'slow';
    const isSlow = isCrawling || random.chance(this.#slowness);
    if (fault === undefined && !isSlow) return SMOOTH;
    if (fault !== undefined && DOUBTS.includes(fault) && random.chance(this.#options.doubtKills)) {
      this.kill(call.node, random.between(0, 200));
    }
    return {
      fault,
      sendMs: isSlow ? this.#latencyMs(isCrawling) : 0,
      replyMs: isSlow ? this.#latencyMs(isCrawling) : 0,
      laterMs: this.#laterMs(call.kind, fault),
      coin: random.next(),
    };
  }

  #fault({ kind }: CallInfo, inStorm: Storm['fault'] | undefined): Fault | undefined {
    if (inStorm !== undefined && inStorm !== 'slow' && POSSIBLE[kind].includes(inStorm)) return inStorm;
    if (kind === 'payout' && this.#random.chance(this.#options.payoutDoubt)) return this.#random.pick(DOUBTS);
    let left = this.#random.next();
    for (const [fault, rate] of this.#rates.get(kind) ?? []) {
      left -= rate;
      if (left < 0) return fault;
    }
    return undefined;
  }

  isBlocked(actor: string, node: string, now: number): boolean {
    return this.#storms.some((storm) => hits(storm, node, now) && actor.startsWith(storm.actors));
  }

  #latencyMs(isCrawling: boolean): number {
    const luck = this.#random.next();
    if (isCrawling) return this.#random.between(0, 2_000);
    if (luck < 0.9) return this.#random.between(0, 4);
    return luck < 0.99 ? this.#random.between(5, 400) : this.#random.between(400, 4_000);
  }

  #laterMs(kind: CallKind, fault: Fault | undefined): number {
    const random = this.#random;
    if (kind === 'payout' && fault !== 'pause') return random.between(500, 5_000);
    if (fault === 'pause') return random.between(1, random.chance(0.3) ? this.#options.maxPauseMs : 2_000);
    return random.between(1, random.chance(0.4) ? this.#options.maxLateMs : 1_500);
  }
}

const NONE = '-';
const STORM_PORTS = [
  '',
  'journal.',
  'journal.append',
  'journal.last',
  'journal.outcomes',
  'projections.',
  'projections.heartbeat',
  'queue.',
  'alipay.',
];
const STORM_ACTORS = ['balance/', 'withdrawal/', 'channel/', 'order/'];
const STORM_FAULTS = ['reject', 'reject', 'lookFailed', 'lost', 'late', 'slow', 'slow'] as const;

function drawStorm(random: Random, { nodes, startAt, endAt }: SeededFaultsOptions): Storm {
  const from = random.between(startAt, endAt);
  const isOfActors = random.chance(0.25);
  return {
    node: random.chance(0.7) ? random.pick(nodes) : undefined,
    operations: isOfActors ? NONE : random.pick(STORM_PORTS),
    fault: random.pick(STORM_FAULTS),
    actors: isOfActors ? random.pick(STORM_ACTORS) : NONE,
    from,
    to: from + random.between(500, 15_000),
  };
}

function hits({ node, from, to }: Storm, of: string, now: number): boolean {
  return now >= from && now < to && (node === undefined || node === of);
}
