/**
 * The contract of `CallQueue`: every adapter passes it.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Attempt, CallQueue } from '../../src/actors/ports.ts';

export interface CallQueueHarness {
  readonly queue: CallQueue;
  /** Runs what falls due within that time. */
  advance(ms: number): Promise<void>;
  close(): Promise<void>;
}

export function attemptOf(id: string, change: Partial<Attempt> = {}): Attempt {
  const callId = `withdrawal/wd_${id}#1.1`;
  return {
    id: `${callId}~1`,
    callId,
    actor: `withdrawal/wd_${id}`,
    attempt: 1,
    name: 'transfer',
    activity: 'alipayTransfer',
    input: { request: { outBizNo: id, amountFen: 100, title: '返利' } },
    sendBy: 4_000_000_000_000,
    ...change,
  };
}

/** A `run` whose attempts end when the test says so. */
export function heldRun() {
  const started: Attempt[] = [];
  const open = new Map<string, () => void>();
  return {
    started,
    ids: () => started.map(({ actor }) => actor.slice('withdrawal/wd_'.length)),
    end: (id: string) => open.get(attemptOf(id).id)?.(),
    run: (attempt: Attempt) => {
      started.push(attempt);
      return new Promise<void>((resolve) => open.set(attempt.id, resolve));
    },
  };
}

/** Runs the contract on queues that `open` makes. */
export function callQueueContract(title: string, open: () => Promise<CallQueueHarness>): void {
  describe(`${title} as a CallQueue`, () => {
    let harness: CallQueueHarness;
    let queue: CallQueue;
    let held: ReturnType<typeof heldRun>;

    beforeEach(async () => {
      harness = await open();
      queue = harness.queue;
      held = heldRun();
    });
    afterEach(() => harness.close());

    it('hands each attempt over whole, once', async () => {
      await queue.start(held.run);
      const attempt = attemptOf('a', { trace: '00-a-b-01', attempt: 3 });
      await queue.add(attempt);
      await harness.advance(100);
      expect(held.started).toEqual([attempt]);
      held.end('a');
      await harness.advance(60_000);
      expect(held.started).toHaveLength(1);
    });

    it('hands over at start what was added before', async () => {
      await queue.add(attemptOf('a'));
      await queue.add(attemptOf('b'));
      await harness.advance(100);
      expect(held.started).toEqual([]);
      await queue.start(held.run);
      await harness.advance(100);
      expect(held.ids().sort()).toEqual(['a', 'b']);
    });

    it('starts an attempt once though it is added again: before, during and after', async () => {
      await queue.add(attemptOf('a'));
      await queue.add(attemptOf('a'));
      await queue.start(held.run);
      await harness.advance(100);
      await queue.add(attemptOf('a'));
      held.end('a');
      await harness.advance(100);
      await queue.add(attemptOf('a'));
      await harness.advance(100);
      expect(held.ids()).toEqual(['a']);
    });

    it('takes the next attempt of the same call as another one', async () => {
      await queue.start(held.run);
      const first = attemptOf('a');
      await queue.add(first);
      await queue.add({ ...first, id: `${first.callId}~2`, attempt: 2 });
      await harness.advance(100);
      expect(held.started.map(({ attempt }) => attempt).sort()).toEqual([1, 2]);
    });

    it('does not let one activity that hangs hold up another', async () => {
      await queue.start(held.run);
      for (let index = 0; index < 200; index += 1) await queue.add(attemptOf(`hang-${index}`));
      await queue.add(attemptOf('page', { activity: 'orderPage' }));
      await harness.advance(100);
      expect(held.ids()).toContain('page');
    });

    it('runs 500 attempts, each once', async () => {
      const seen: string[] = [];
      await queue.start(async ({ id }) => {
        seen.push(id);
      });
      for (let index = 0; index < 500; index += 1) await queue.add(attemptOf(`${index}`));
      await harness.advance(10_000);
      expect(new Set(seen).size).toBe(500);
      expect(seen).toHaveLength(500);
    });

    it('shares no input with the caller', async () => {
      await queue.start(held.run);
      const attempt = structuredClone(attemptOf('a'));
      await queue.add(attempt);
      (attempt.input['request'] as { amountFen: number }).amountFen = 9_999;
      await harness.advance(100);
      expect(held.started[0]?.input).toEqual(attemptOf('a').input);
    });

    describe('when it is stopped', () => {
      it('waits for the attempts that run', async () => {
        const stop = await queue.start(held.run);
        await queue.add(attemptOf('a'));
        await harness.advance(100);
        let isStopped = false;
        const stopped = stop(10_000).then(() => {
          isStopped = true;
        });
        await harness.advance(1_000);
        expect(isStopped).toBe(false);
        held.end('a');
        await harness.advance(1_000);
        expect(isStopped).toBe(true);
        await stopped;
      });

      it('waits no longer than its deadline', async () => {
        const stop = await queue.start(held.run);
        await queue.add(attemptOf('a'));
        await harness.advance(100);
        let isStopped = false;
        void stop(500).then(() => {
          isStopped = true;
        });
        await harness.advance(400);
        expect(isStopped).toBe(false);
        await harness.advance(200);
        expect(isStopped).toBe(true);
      });

      it('starts nothing more', async () => {
        const stop = await queue.start(held.run);
        await queue.add(attemptOf('a'));
        await harness.advance(100);
        const stopped = stop(100);
        await queue.add(attemptOf('b')).catch(() => {});
        await harness.advance(1_000);
        await stopped;
        expect(held.ids()).toEqual(['a']);
      });

      it('may be stopped again', async () => {
        const stop = await queue.start(held.run);
        await stop(100);
        await stop(100);
      });
    });
  });
}
