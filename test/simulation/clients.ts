/**
 * Users and staff: they talk to any node that answers, ask again under the same id when they do not know what became
 * of it, and remember every answer they got.
 */
import { type Address, toAddress } from '../../src/actors/address.ts';
import { isActorError } from '../../src/actors/errors.ts';
import type { Receipt } from '../../src/actors/facade.ts';
import type { ActorEvent } from '../../src/actors/record.ts';
import type { Runtime } from '../../src/actors/runtime.ts';
import { toWithdrawalId } from '../../src/http/withdrawal-id.ts';
import type { Acknowledgement } from './check/checker.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';

export interface ClientWorld {
  readonly scheduler: Scheduler;
  /** Runtimes that take requests now. */
  readonly doors: () => readonly Runtime[];
  readonly acknowledged: (told: Acknowledgement, isRepeated: boolean) => void;
  readonly failed: (error: unknown) => void;
}

const ANSWER_WITHIN_MS = 7_000;

export class Clients {
  readonly #world: ClientWorld;
  readonly #random: Random;
  #open = 0;
  #freshCount = 0;

  constructor(world: ClientWorld, random: Random) {
    this.#world = world;
    this.#random = random;
  }

  /** Whether nobody waits for anything. */
  get areDone(): boolean {
    return this.#open === 0;
  }

  /** Starts `task` at `time`; the run is not over before it ends. */
  schedule(time: number, task: () => Promise<unknown>): void {
    this.#open += 1;
    this.#world.scheduler.at(time, () => {
      task()
        .catch(this.#world.failed)
        .finally(() => {
          this.#open -= 1;
        });
    });
  }

  /** Asks until there is an answer, always under the same id. */
  async ask(address: Address, event: ActorEvent, id: string, cause: string): Promise<Receipt> {
    for (;;) {
      const receipt = await this.askOnce(address, event, id, cause);
      if (receipt !== undefined) return receipt;
      await this.#world.scheduler.sleep(this.#random.between(100, 2_000));
    }
  }

  /** One request; undefined when its fate is not known to who asked. */
  async askOnce(address: Address, event: ActorEvent, id: string, cause: string): Promise<Receipt | undefined> {
    const receipt = await this.atDoor((runtime) => runtime.send(address, event, { id, cause, repeatable: true }));
    if (receipt !== undefined) {
      const { outcome, seq, repeated } = receipt;
      this.#world.acknowledged({ actor: address, messageId: id, outcome, seq }, repeated);
    }
    return receipt;
  }

  /** Does `work` at a node that is up; undefined when there is none, it cannot now or it does not answer in time. */
  async atDoor<T>(work: (runtime: Runtime) => Promise<T>): Promise<T | undefined> {
    const doors = this.#world.doors();
    if (doors.length === 0) return undefined;
    const timeout = this.#world.scheduler.sleep(ANSWER_WITHIN_MS).then(() => undefined);
    try {
      return await Promise.race([work(this.#random.pick(doors)), timeout]);
    } catch (error) {
      if (isActorError(error) && error.retry === 'later') return undefined;
      throw error;
    }
  }

  pause(ms: number): Promise<void> {
    return this.#world.scheduler.sleep(ms);
  }

  freshId(): string {
    this.#freshCount += 1;
    return `c${this.#freshCount}`;
  }

  // ---- what users do

  async withdraw(userId: string, key: string, amountFen: number): Promise<string> {
    const id = toWithdrawalId(userId, key);
    const account = { sealed: `sealed:${userId}`, masked: { identity: '1***1', name: '张*' } };
    const event = { type: 'request', userId, amountFen, account, fingerprint: `${userId}:${amountFen}` };
    await this.ask(toAddress('withdrawal', id), event, 'request', `api:${userId}`);
    return id;
  }

  async cancel(userId: string, withdrawal: string): Promise<void> {
    await this.ask(toAddress('withdrawal', withdrawal), { type: 'cancel', by: userId }, 'cancel', `api:${userId}`);
  }

  // ---- what staff do

  async bind(channel: string, userId: string): Promise<void> {
    const cause = 'staff:olga';
    const bound = await this.ask(
      toAddress('channel', channel),
      { type: 'bind', userId, by: 'olga' },
      this.freshId(),
      cause,
    );
    if (bound.outcome !== 'done') return;
    await this.ask(toAddress('member', userId), { type: 'channelBound', channel, by: 'olga' }, this.freshId(), cause);
  }

  async flag(userId: string, type: 'freeze' | 'unfreeze'): Promise<void> {
    const event = { type, by: 'olga', reason: 'risk' };
    for (const actor of ['member', 'balance']) {
      await this.ask(toAddress(actor, userId), event, this.freshId(), 'staff:olga');
    }
  }

  async claim(tradeId: string, userId: string): Promise<void> {
    const event = { type: 'claim', userId, by: 'olga', reason: 'proved' };
    await this.ask(toAddress('order', tradeId), event, this.freshId(), 'staff:olga');
  }

  /** Looks through withdrawals and decides some, not always wisely; how many wait in review. */
  async reviewAll(isFinal: boolean): Promise<number> {
    const heads = await this.atDoor((runtime) => runtime.heads({ type: 'withdrawal', limit: 100 }));
    if (heads === undefined) return 1;
    for (const { actor, state } of heads) {
      const type = isFinal ? this.#finalDecision(state) : this.#decision(state);
      if (type === undefined) continue;
      await this.askOnce(actor, { type, by: 'ada', reason: 'looked at' }, this.freshId(), 'staff:ada');
    }
    return heads.filter(({ state }) => state === 'review').length;
  }

  #finalDecision(state: string): string | undefined {
    return state === 'review' ? this.#random.pick(['approve', 'deny']) : undefined;
  }

  #decision(state: string): string | undefined {
    const random = this.#random;
    if (state === 'review') return random.chance(0.5) ? random.pick(['approve', 'approve', 'deny']) : undefined;
    if (state === 'paying.manual') return random.pick(['approve', 'deny', 'deny', 'requery', undefined]);
    return random.chance(0.1) ? random.pick(['requery', 'requery', 'approve', 'deny']) : undefined;
  }
}
