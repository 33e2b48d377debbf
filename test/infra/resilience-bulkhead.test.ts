import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bulkhead, type Place } from '../../src/infra/resilience/bulkhead.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

type Step =
  | { readonly do: 'enter'; readonly deadlineIn: number | null }
  | { readonly do: 'leave' | 'abort'; readonly index: number }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'limit'; readonly to: number };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constant('enter' as const), deadlineIn: fc.option(fc.nat(50)) }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('leave' as const), index: fc.nat(20) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('abort' as const), index: fc.nat(20) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(30) }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('limit' as const), to: fc.integer({ min: 1, max: 4 }) }),
    },
  ),
  { maxLength: 60 },
);

/** What a bulkhead should be, as plain lists. */
class Model {
  readonly inside: number[] = [];
  readonly line: { readonly caller: number; readonly deadline: number | null }[] = [];
  readonly results = new Map<number, string>();

  limit: number;
  readonly queueLimit: number;

  constructor(limit: number, queueLimit: number) {
    this.limit = limit;
    this.queueLimit = queueLimit;
  }

  enter(caller: number, deadline: number | null): void {
    if (this.inside.length < this.limit) this.#admit(caller);
    else if (this.line.length >= this.queueLimit) this.results.set(caller, 'full');
    else this.line.push({ caller, deadline });
  }

  leave(caller: number): void {
    this.inside.splice(this.inside.indexOf(caller), 1);
    this.#fill();
  }

  setLimit(limit: number): void {
    this.limit = limit;
    this.#fill();
  }

  drop(caller: number, result: string): void {
    const index = this.line.findIndex((one) => one.caller === caller);
    if (index < 0) return;
    this.line.splice(index, 1);
    this.results.set(caller, result);
  }

  pass(now: number): void {
    for (const { caller, deadline } of [...this.line]) {
      if (deadline !== null && deadline <= now) this.drop(caller, 'timeout_in_queue');
    }
  }

  #fill(): void {
    while (this.inside.length < this.limit) {
      const next = this.line.shift();
      if (next === undefined) return;
      this.#admit(next.caller);
    }
  }

  #admit(caller: number): void {
    this.inside.push(caller);
    this.results.set(caller, 'in');
  }
}

describe('a bulkhead', () => {
  it('admits in the order of asking, never more than its places, whoever gives up or is late, also when their number changes (any sequence)', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 3 }), fc.nat(4), steps, async (limit, queueLimit, sequence) => {
        const clock = new VirtualClock();
        const bulkhead = new Bulkhead(clock, { limit, queueLimit });
        const model = new Model(limit, queueLimit);
        const results = new Map<number, string>();
        const places = new Map<number, Place>();
        const aborts: AbortController[] = [];
        for (const step of sequence) {
          if (step.do === 'enter') {
            const caller = aborts.length;
            const abort = new AbortController();
            aborts.push(abort);
            const deadline = step.deadlineIn === null ? null : clock.now() + step.deadlineIn + 1;
            void bulkhead.enter({ signal: abort.signal, ...(deadline !== null && { deadline }) }).then((place) => {
              results.set(caller, typeof place === 'string' ? place : 'in');
              if (typeof place !== 'string') places.set(caller, place);
            });
            model.enter(caller, deadline);
          } else if (step.do === 'leave' && model.inside.length > 0) {
            const caller = model.inside[step.index % model.inside.length] as number;
            places.get(caller)?.leave();
            places.get(caller)?.leave();
            model.leave(caller);
          } else if (step.do === 'abort' && aborts.length > 0) {
            const caller = step.index % aborts.length;
            aborts[caller]?.abort();
            model.drop(caller, 'aborted');
          } else if (step.do === 'wait') {
            await clock.advance(step.ms);
            model.pass(clock.now());
          } else if (step.do === 'limit') {
            bulkhead.setLimit(step.to);
            model.setLimit(step.to);
          }
          await settle();
          expect(Object.fromEntries(results)).toEqual(Object.fromEntries(model.results));
          expect(bulkhead.inFlight).toBe(model.inside.length);
          expect(bulkhead.queueDepth).toBe(model.line.length);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('hands a place over, so that who comes at that moment cannot overtake or push out', async () => {
    const bulkhead = new Bulkhead(new VirtualClock(), { limit: 1, queueLimit: 1 });
    const first = (await bulkhead.enter()) as Place;
    const order: string[] = [];
    const second = bulkhead.enter().then((place) => {
      order.push('second');
      return place;
    });
    first.leave();
    const third = bulkhead.enter().then((place) => {
      order.push('third');
      return place;
    });
    expect(bulkhead.inFlight).toBe(1);
    ((await second) as Place).leave();
    expect(await third).toMatchObject({ waitedMs: 0 });
    expect(order).toEqual(['second', 'third']);
  });

  it('says how long somebody has waited', async () => {
    const clock = new VirtualClock();
    const bulkhead = new Bulkhead(clock, { limit: 1, queueLimit: 1 });
    const first = (await bulkhead.enter()) as Place;
    const second = bulkhead.enter();
    await clock.advance(40);
    first.leave();
    expect(await second).toMatchObject({ waitedMs: 40 });
  });
});
