/**
 * One simulated run: the shared store, the partners, the nodes and their users in virtual time, judged by the checker.
 *
 * Phases: safety (faults on), liveness (faults off, until nothing is left to do), audit (what must hold in the end).
 */
import { toAddress } from '../../src/actors/address.ts';
import { isActorError } from '../../src/actors/errors.ts';
import type { Journal, Log } from '../../src/actors/ports.ts';
import type { ActorDefinition } from '../../src/actors/registry.ts';
import { Runtime } from '../../src/actors/runtime.ts';
import { createAlipayQuery } from '../../src/infra/alipay/alipay-query.ts';
import { createAlipayTransfer } from '../../src/infra/alipay/alipay-transfer.ts';
import { createOrderPage } from '../../src/infra/taobao/order-page.ts';
import { createRefundPage } from '../../src/infra/taobao/refund-page.ts';
import { createCatalog } from '../../src/machines/catalog.ts';
import { MemoryJournal } from '../support/memory-journal.ts';
import { MemoryProjections } from '../support/memory-projections.ts';
import { type Acknowledgement, Checker } from './check/checker.ts';
import { leafOf, Violation } from './check/facts.ts';
import { assertEnd, type EndState, findUnfinished } from './check/quiescence.ts';
import { Clients } from './clients.ts';
import { Coverage } from './coverage.ts';
import { DurableStore } from './durable-store.ts';
import { type FaultPlan, noFaults } from './faults.ts';
import { drawHistory, type History } from './history.ts';
import { PayoutBook } from './payout-book.ts';
import { type Profile, START } from './profile.ts';
import { Random } from './random.ts';
import { Scheduler } from './scheduler.ts';
import { SimNode } from './sim-node.ts';
import {
  createGateway,
  createJournal,
  createProjections,
  createQueue,
  createTopClient,
  grantedLeases,
  type PortContext,
  SharedQueue,
} from './sim-ports.ts';
import { TaobaoBook } from './taobao-book.ts';

/** Liveness: everything must be done within this virtual time and this many events. */
const LIVENESS_MS = 20 * 60_000;
const LIVENESS_EVENTS = 400_000;

/** Where tests reach in to break something on purpose. */
export interface Sabotage {
  readonly definitions?: (definitions: ActorDefinition[]) => ActorDefinition[];
  readonly ports?: (ports: NodePorts) => NodePorts;
  readonly createJournal?: () => Journal;
  /** Called once all is set up and nothing has happened yet. */
  readonly plant?: (world: World) => void;
}

export interface NodePorts {
  readonly journal: ReturnType<typeof createJournal>;
  readonly projections: ReturnType<typeof createProjections>;
  readonly queue: ReturnType<typeof createQueue>;
  readonly gateway: ReturnType<typeof createGateway>;
}

export interface WorldOptions {
  readonly sabotage?: Sabotage;
  /** Instead of the one drawn from the profile. */
  readonly history?: History;
  readonly coverage?: Coverage;
  /** Instead of one in memory. */
  readonly openJournal?: (scheduler: Scheduler) => Journal;
}

export class World {
  readonly profile: Profile;
  readonly coverage: Coverage;
  readonly scheduler = new Scheduler(START);
  readonly random: Random;
  readonly nodes: SimNode[];
  readonly checker: Checker;
  readonly store: DurableStore;
  readonly payouts: PayoutBook;
  readonly taobao: TaobaoBook;
  readonly clients: Clients;
  readonly definitions: ActorDefinition[];
  readonly #sabotage: Sabotage;
  readonly #queue: SharedQueue;
  readonly #runtimes: Runtime[] = [];
  #faults: FaultPlan;
  #restartRandom: Random;
  #aheadMs = 0;
  #failure: unknown;
  crashCount = 0;
  isCalm = false;
  /** Prints the run when set. */
  log: ((text: string) => void) | undefined;

  constructor(
    profile: Profile,
    faults: FaultPlan,
    { sabotage = {}, history, coverage = new Coverage(), openJournal }: WorldOptions = {},
  ) {
    this.profile = profile;
    this.coverage = coverage;
    this.#faults = faults;
    this.#sabotage = sabotage;
    const random = new Random(profile.seed);
    this.random = random;
    this.#restartRandom = random.fork('restarts');
    const { rules, isGatewayLawless } = profile;
    const { share, release, withdrawReviewFen: reviewFen } = rules;
    this.checker = new Checker({ share, release, reviewFen, isGatewayLawless }, (record, previous) => {
      this.scheduler.note(`${record.actor}#${record.seq}`);
      this.log?.(
        `${this.scheduler.now - START} ${record.node} batch ${record.batch} ${record.actor}#${record.seq} ` +
          `${record.messages.map(({ event, outcome }) => `${event.type} ${outcome}`)} → ${leafOf(record.snapshot.value)}`,
      );
      coverage.record(record, previous);
      const silentMs = this.scheduler.now - (this.store.heardAt.get(record.node) ?? 0);
      coverage.hitIf(silentMs > Number(profile.runtime.nodeDeadMs), 'a record lands after its node fell silent');
    });
    const projections = new MemoryProjections(() => this.scheduler.now);
    const journal = sabotage.createJournal?.() ?? openJournal?.(this.scheduler) ?? new MemoryJournal();
    this.store = new DurableStore(() => this.scheduler.now, journal, projections, this.checker);
    this.payouts = new PayoutBook(this.scheduler, random.fork('payouts'), profile.payout, this.checker);
    this.checker.watch(this.payouts);
    const facts = history ?? drawHistory(random.fork('history'), profile.history);
    this.taobao = new TaobaoBook(this.scheduler, random.fork('taobao'), facts, profile.taobao);
    this.#queue = new SharedQueue(profile.isQueueShared);
    const definitions = createCatalog(rules) as unknown as ActorDefinition[];
    this.definitions = sabotage.definitions?.([...definitions]) ?? [...definitions];
    const failed = (error: unknown) => this.fail(error);
    const nodeWorld = {
      scheduler: this.scheduler,
      isEmbedded: profile.runtime.exclusive === true,
      faults: () => this.#faults,
      crashed: (node: SimNode, downMs: number | undefined) => this.#crashed(node, downMs),
      failed,
      log: (text: string) => this.log?.(`${this.scheduler.now - START} ${text}`),
    };
    this.nodes = profile.clocks.map((clockError, index) => new SimNode(nodeWorld, `n${index + 1}`, clockError));
    const { scheduler } = this;
    const acknowledged = (told: Acknowledgement, isRepeated: boolean) => {
      coverage.hitIf(isRepeated, 'a request is answered from the journal');
      this.checker.acknowledged(told);
    };
    const doors = () => this.nodes.flatMap(({ runtime }) => (runtime?.isReady ? [runtime] : []));
    this.clients = new Clients({ scheduler, doors, acknowledged, failed }, random.fork('clients'));
  }

  fail(error: unknown): void {
    this.#failure ??= error;
  }

  /** The node of that name dies within that time, unless it is dead by then. */
  kill(name: string, withinMs: number): void {
    const node = this.nodes.find((each) => each.name === name);
    this.scheduler.after(withinMs, () => {
      if (node?.runtime !== undefined && !this.isCalm) node.crash();
    });
  }

  boot(node: SimNode): void {
    const { epoch } = node;
    const { scheduler, store, profile, definitions } = this;
    const context: PortContext = { node, epoch, scheduler, store, queue: this.#queue };
    const ids = new Random(profile.seed).fork(`${node.name}/${epoch}`);
    const plain: NodePorts = {
      journal: createJournal(context),
      projections: createProjections(context),
      queue: createQueue(context),
      gateway: createGateway(context, this.payouts, profile),
    };
    const { gateway, ...ports } = this.#sabotage.ports?.(plain) ?? plain;
    const clock = node.clock();
    const log = this.#logOf(node);
    let idCount = 0;
    const random = () => {
      idCount += 1;
      return `${node.name}.${epoch}-${idCount}-${ids.between(1e9, 2e9)}`;
    };
    const deps = {
      ...ports,
      leases: grantedLeases,
      clock,
      ids: { random, fraction: () => ids.next() },
      log,
      definitions,
    };
    const runtime = new Runtime(deps, profile.runtime);
    this.#runtimes.push(runtime);
    const sealer = { open: async (userId: string) => ({ identity: `2088${userId}`, name: userId }) };
    runtime.provideActivity('alipayTransfer', createAlipayTransfer({ gateway, sealer, clock, log } as never));
    runtime.provideActivity('alipayQuery', createAlipayQuery({ gateway, clock }));
    const client = createTopClient(context, this.taobao);
    const send = runtime.send.bind(runtime);
    const ownerOf = async (kind: string, id: string) => {
      const found = await runtime.inspect(toAddress('channel', `${kind}-${id}`));
      return (found?.snapshot.context['owner'] as string | null | undefined) ?? null;
    };
    runtime.provideActivity('orderPage', createOrderPage({ client, ownerOf, send, log }));
    runtime.provideActivity('refundPage', createRefundPage({ client, send, log }));
    node.runtime = runtime;
    runtime.start().catch((error) => {
      this.log?.(`${node.name} does not start: ${error}`);
      if (node.epoch === epoch) node.crash();
    });
  }

  #logOf(node: SimNode): Log {
    const write = (level: string) => (message: string, fields?: Record<string, unknown>) => {
      this.log?.(`${this.scheduler.now - START} ${node.name} ${level} ${message} ${JSON.stringify(fields) ?? ''}`);
      // What no port can throw is a broken assertion of the code's own.
      const error = fields?.['error'];
      if (error instanceof Error && !isActorError(error)) this.fail(error);
    };
    return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
  }

  #crashed(node: SimNode, downMs = this.#restartMs()): void {
    this.crashCount += 1;
    this.#queue.stop(node);
    this.log?.(`${node.name} crashed, back in ${downMs} ms`);
    const { epoch } = node;
    this.scheduler.after(downMs, () => {
      if (node.epoch === epoch && node.runtime === undefined) this.boot(node);
    });
  }

  #restartMs(): number {
    const random = this.#restartRandom;
    if (this.profile.restartMs !== undefined) return this.profile.restartMs;
    return this.isCalm ? 100 : random.between(0, random.chance(0.3) ? 40_000 : 3_000);
  }

  /** Runs until `isOver` or nothing more can happen. @throws the first failure. */
  async #runUntil(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const moved = await this.scheduler.step();
      if (this.#failure !== undefined) throw this.#failure;
      if (!moved) throw new Violation('I21 nothing is scheduled any more');
    }
  }

  /** A whole run: safety under faults, then liveness without, then the audit. */
  async run(): Promise<void> {
    for (const node of this.nodes) this.boot(node);
    this.#sabotage.plant?.(this);
    const safetyEnd = START + this.profile.safetyMs + this.profile.nightMs;
    await this.#runUntil(() => this.scheduler.now >= safetyEnd);
    this.#calm();
    await this.finish();
    for (const { telemetry } of this.#runtimes) {
      for (const [counter, count] of telemetry.counts) this.coverage.hitIf(count > 0, `runtime ${counter}`);
    }
  }

  /** Starts the nodes and runs until `work` and all that follows from it is done. */
  async prepare(work: () => Promise<void>): Promise<void> {
    for (const node of this.nodes) this.boot(node);
    this.clients.schedule(this.scheduler.now, work);
    await this.#rest([]);
  }

  /** Runs until nothing is left to do, and audits. @throws Violation */
  async finish(): Promise<void> {
    await this.#rest(this.profile.feeds);
    await assertEnd(this.#endState());
  }

  /** Faults end, partners answer, every node is up and runs. */
  #calm(): void {
    this.log?.('calm');
    this.isCalm = true;
    this.#faults = noFaults;
    this.taobao.isCalm = true;
    // Clocks are right once they agree: by the fastest, so that nothing already committed lies in the future.
    if (this.profile.areClocksWrong)
      this.#aheadMs = Math.max(...this.nodes.map(({ clockError }) => clockError.offsetMs));
    for (const node of this.nodes) {
      if (this.profile.areClocksWrong) node.clockError = { offsetMs: this.#aheadMs, isFollowing: false };
      node.pausedUntil = 0;
      if (node.runtime === undefined) {
        node.epoch += 1;
        this.boot(node);
      }
    }
    this.clients.schedule(this.scheduler.now, async () => {
      while ((await this.clients.reviewAll(true)) > 0 || !this.#isQuiet(this.#endState())) {
        await this.scheduler.sleep(2_000);
      }
    });
  }

  #isQuiet(end: EndState): boolean {
    return findUnfinished(end).length === 0;
  }

  async #rest(feeds: readonly string[]): Promise<void> {
    const { scheduler } = this;
    const until = scheduler.now + LIVENESS_MS;
    const lastEvent = scheduler.eventCount + LIVENESS_EVENTS;
    let lookAt = scheduler.now;
    await this.#runUntil(() => {
      if (scheduler.now > until || scheduler.eventCount > lastEvent) this.#giveUp();
      if (scheduler.now < lookAt || !this.clients.areDone) return false;
      lookAt = scheduler.now + 1_000;
      return this.#isQuiet({ ...this.#endState(), feeds });
    });
  }

  #giveUp(): never {
    const unfinished = findUnfinished(this.#endState());
    const clients = this.clients.areDone ? '' : ' and clients wait';
    const nodes = this.nodes.map((node) => `${node.name} ${node.isUp ? 'up' : 'not up'}`);
    throw new Violation(`I21 not done (${nodes})${clients}:\n  ${unfinished.slice(0, 20).join('\n  ')}`);
  }

  #endState(): EndState {
    const { checker, payouts, taobao, profile, scheduler } = this;
    const { share, release } = profile.rules;
    return {
      checker,
      payouts,
      taobao,
      projections: this.store.projections,
      silent: this.store.silentFor(Number(profile.runtime.nodeDeadMs)),
      terms: { share, release },
      now: scheduler.now + this.#aheadMs,
      feeds: profile.feeds,
      isGatewayLawless: profile.isGatewayLawless,
    };
  }
}
