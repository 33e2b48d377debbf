/**
 * The contract of `Leases`: every adapter passes it.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Leases } from '../../src/actors/ports.ts';

export interface LeasesHarness {
  /** The leases of another node at the same place. */
  node(): Leases;
  /** Runs what falls due within that time. */
  advance(ms: number): Promise<void>;
  close(): Promise<void>;
}

const ACTOR = 'balance/u1';

/** Runs the contract on the leases that `open` makes, none of them held. */
export function leasesContract(title: string, open: () => Promise<LeasesHarness>): void {
  describe(`${title} as Leases`, () => {
    let harness: LeasesHarness;
    let first: Leases;
    let second: Leases;

    beforeEach(async () => {
      harness = await open();
      first = harness.node();
      second = harness.node();
    });
    afterEach(() => harness.close());

    /** What an acquisition comes to, once it does. */
    const ask = (node: Leases, waitMs: number) => {
      const answer: { isGranted?: boolean } = {};
      void node.acquire(ACTOR, waitMs).then((isGranted) => {
        answer.isGranted = isGranted;
      });
      return answer;
    };

    it('grant a free lease at once, also without waiting', async () => {
      expect(await first.acquire(ACTOR, 0)).toBe(true);
    });

    it('grant a lease to the node that holds it', async () => {
      await first.acquire(ACTOR, 0);
      expect(await first.acquire(ACTOR, 0)).toBe(true);
    });

    it('keep leases of different actors apart', async () => {
      await first.acquire(ACTOR, 0);
      expect(await second.acquire('balance/u10', 0)).toBe(true);
    });

    it('refuse a held lease at once to whoever does not wait', async () => {
      await first.acquire(ACTOR, 0);
      expect(await second.acquire(ACTOR, 0)).toBe(false);
    });

    it('answer false when the wait is over, not before', async () => {
      await first.acquire(ACTOR, 0);
      const answer = ask(second, 250);
      await harness.advance(200);
      expect(answer).toEqual({});
      await harness.advance(100);
      expect(answer).toEqual({ isGranted: false });
    });

    it('grant a lease that is released during the wait', async () => {
      await first.acquire(ACTOR, 0);
      const answer = ask(second, 250);
      await harness.advance(100);
      await first.release(ACTOR);
      await harness.advance(100);
      expect(answer).toEqual({ isGranted: true });
      expect(await first.acquire(ACTOR, 0)).toBe(false);
    });

    it('grant nothing to a wait that is over', async () => {
      await first.acquire(ACTOR, 0);
      const answer = ask(second, 50);
      await harness.advance(100);
      await first.release(ACTOR);
      expect(answer).toEqual({ isGranted: false });
      expect(await harness.node().acquire(ACTOR, 0)).toBe(true);
    });

    it('do not take a lease from its holder when another node releases it', async () => {
      await first.acquire(ACTOR, 0);
      await second.release(ACTOR);
      expect(await second.acquire(ACTOR, 0)).toBe(false);
    });

    it('release what nobody holds, and again, without complaint', async () => {
      await first.release(ACTOR);
      await first.acquire(ACTOR, 0);
      await first.release(ACTOR);
      await first.release(ACTOR);
      expect(await second.acquire(ACTOR, 0)).toBe(true);
    });

    it('grant each of many nodes the lease in turn', async () => {
      const nodes = Array.from({ length: 20 }, () => harness.node());
      let holders = 0;
      const turns = nodes.map(async (node) => {
        expect(await node.acquire(ACTOR, 60_000)).toBe(true);
        holders += 1;
        expect(holders).toBe(1);
        await Promise.resolve();
        holders -= 1;
        await node.release(ACTOR);
      });
      const all = Promise.all(turns);
      await harness.advance(50_000);
      await all;
    });
  });
}
