/**
 * The ports of one incarnation of a node: the shared store, a call queue and the partners, each call of which goes
 * through the node's fault wrapper. A fault never breaks a port's contract; it uses what the contract leaves open.
 */
import { ActorError } from '../../src/actors/errors.ts';
import type { AppendResult, Attempt, CallQueue, Journal, Leases, Projections } from '../../src/actors/ports.ts';
import type { AlipayGateway } from '../../src/infra/alipay/alipay-gateway.ts';
import type { TopClient } from '../../src/infra/taobao/top-client.ts';
import type { DurableStore } from './durable-store.ts';
import type { CallKind } from './faults.ts';
import type { PayoutBook } from './payout-book.ts';
import type { Scheduler } from './scheduler.ts';
import { type SimNode, unavailable } from './sim-node.ts';
import type { TaobaoBook } from './taobao-book.ts';

export interface PortContext {
  readonly node: SimNode;
  readonly epoch: number;
  readonly scheduler: Scheduler;
  readonly store: DurableStore;
  readonly queue: SharedQueue;
}

const JOURNAL_READS = ['last', 'at', 'page', 'outcomes', 'committedBy', 'actors'] as const;
const PROJECTION_READS = [
  'head',
  'heads',
  'countStates',
  'rows',
  'due',
  'nodes',
  'undeliveredDue',
  'undeliveredTo',
  'undeliveredCount',
] as const;
const STORE_WRITES = ['project', 'heartbeat', 'settleNode', 'addUndelivered', 'removeUndelivered'] as const;

type Method = (...args: never[]) => Promise<unknown>;

/** Wraps `method`: its arguments are copied when it is called, its result when it is done. */
function wrapped({ node, epoch }: PortContext, kind: CallKind, operation: string, method: Method): Method {
  return (...args) => {
    const text = JSON.stringify(args);
    return node.call({
      epoch,
      kind,
      operation,
      execute: () => method(...(JSON.parse(text) as never[])),
      unsure: () => ({ error: unavailable(operation) }),
    });
  };
}

export function createJournal(context: PortContext): Journal {
  const { journal } = context.store;
  const reads = JOURNAL_READS.map((name) => [
    name,
    wrapped(context, 'read', `journal.${name}`, (journal[name] as Method).bind(journal)),
  ]);
  return {
    ...(Object.fromEntries(reads) as Omit<Journal, 'append' | 'concurrency' | 'gatherMs'>),
    concurrency: journal.concurrency,
    gatherMs: journal.gatherMs,
    append: createAppend(context),
  };
}

function createAppend({ node, epoch, scheduler, store }: PortContext): Journal['append'] {
  return (records) => {
    const texts = records.map((record) => JSON.stringify(record));
    return node.call<readonly AppendResult[]>({
      epoch,
      kind: 'append',
      operation: 'journal.append',
      execute: async () => {
        const sent = texts.filter((_, index) => !node.isBlocked(records[index]?.actor ?? ''));
        const results = [...(await store.append(sent))];
        return texts.map((text) => (sent.includes(text) ? (results.shift() as AppendResult) : 'unknown'));
      },
      // Each record of a late write lands at a moment of its own.
      executeLate: (spreadMs, later) => {
        texts.forEach((text, index) => {
          later(Math.ceil((spreadMs * (index + 1)) / texts.length), () => store.append([text]));
        });
      },
      unsure: (coin, results) => unsureAppend(texts.length, coin, results),
    });
  };
  function unsureAppend(count: number, coin: number, results: readonly AppendResult[] | undefined) {
    scheduler.note('unsure');
    if (coin < 0.1) return { error: new ActorError('STORE_UNFIT', 'journal.append (simulated)') };
    const all = Array.from({ length: count }, () => 'unknown' as const);
    if (results === undefined || coin < 0.6) return { value: all };
    return { value: all.map((unknown, index) => (index % 2 === 0 ? unknown : (results[index] as AppendResult))) };
  }
}

export function createProjections(context: PortContext): Projections {
  const { store } = context;
  const { projections } = store;
  const reads = PROJECTION_READS.map((name) => [
    name,
    wrapped(context, 'read', `projections.${name}`, (projections[name] as Method).bind(projections)),
  ]);
  const writes = STORE_WRITES.map((name) => [
    name,
    wrapped(context, 'write', `projections.${name}`, (store[name] as Method).bind(store)),
  ]);
  const postpone = projections.postponeUndelivered.bind(projections) as Method;
  return {
    ...(Object.fromEntries([...reads, ...writes]) as Projections),
    postponeUndelivered: wrapped(context, 'write', 'projections.postponeUndelivered', postpone) as never,
    clear: () => projections.clear(),
  };
}

/** Every node gets every lease: what is safe must be safe without (J2). */
export const grantedLeases: Leases = { acquire: async () => true, release: async () => {} };

type Runner = (attempt: Attempt) => Promise<void>;

/** Hands attempts to the node that added them, or to any that runs. Starts each at most once. */
export class SharedQueue {
  readonly #runners = new Map<SimNode, { readonly epoch: number; readonly run: Runner }>();
  readonly #isShared: boolean;

  constructor(isShared: boolean) {
    this.#isShared = isShared;
  }

  start(node: SimNode, epoch: number, run: Runner): void {
    this.#runners.set(node, { epoch, run });
  }

  stop(node: SimNode): void {
    this.#runners.delete(node);
  }

  /** Starts the attempt, unless the node it was meant for is gone. */
  hand(attempt: Attempt, from: SimNode, fromEpoch: number, coin: number): void {
    const running = [...this.#runners].filter(([node, { epoch }]) => node.epoch === epoch);
    const own = running.filter(([node, { epoch }]) => node === from && epoch === fromEpoch);
    const able = this.#isShared ? running : own;
    const [node, runner] = able[Math.floor(coin * able.length)] ?? [];
    node?.at(runner?.epoch ?? -1, 0, () => void runner?.run(attempt));
  }
}

export function createQueue({ node, epoch, queue }: PortContext): CallQueue {
  return {
    add: (attempt) => {
      const text = JSON.stringify(attempt);
      return node.call<void>({
        epoch,
        kind: 'enqueue',
        operation: 'queue.add',
        execute: (coin) => queue.hand(JSON.parse(text) as Attempt, node, epoch, coin),
        unsure: () => ({ error: new ActorError('QUEUE_UNAVAILABLE', 'queue.add (simulated)') }),
      });
    },
    start: async (run) => {
      queue.start(node, epoch, run);
      return async () => queue.stop(node);
    },
  };
}

export interface PartnerBounds {
  /** Longest time from the moment a request leaves until it arrives. */
  readonly arrivalMs: number;
  /** Requests may take all that time with the caller waiting. */
  readonly isGatewayLawless: boolean;
}

export function createGateway(
  { node, epoch, scheduler }: PortContext,
  book: PayoutBook,
  { arrivalMs, isGatewayLawless }: PartnerBounds,
): AlipayGateway {
  return {
    exec: (method, bizContent) => {
      const text = JSON.stringify(bizContent);
      const execute = () => book.exec(method, JSON.parse(text) as Record<string, unknown>);
      return node.call({
        epoch,
        kind: 'payout',
        operation: method,
        execute: async () => {
          if (isGatewayLawless) await scheduler.sleep(book.drawTravelMs(arrivalMs));
          return execute();
        },
        executeLate: (spreadMs, later) => later(Math.min(spreadMs, arrivalMs), execute),
        unsure: (coin) => ({
          value: { kind: 'none', code: coin < 0.5 ? 'TIMEOUT' : coin < 0.8 ? 'TRANSPORT' : 'SIGNATURE' },
        }),
      });
    },
  };
}

export function createTopClient({ node, epoch }: PortContext, book: TaobaoBook): TopClient {
  return {
    call: (method, input) => {
      const text = JSON.stringify(input);
      return node.call({
        epoch,
        kind: 'feed',
        operation: method,
        execute: () => book.call(method, JSON.parse(text) as Record<string, unknown>),
        unsure: (coin) => ({
          value: {
            ok: false,
            failure: { class: 'transient', code: coin < 0.5 ? 'TIMEOUT' : 'GARBAGE', detail: 'simulated' },
          },
        }),
      });
    },
  };
}
