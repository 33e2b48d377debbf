/**
 * `Leases` among the nodes of one process.
 *
 * Owns who holds which actor and who waits for it. Invariants:
 * L1  A lease has one holder; a node that holds it is granted it again at once.
 * L2  Waiters are served in the order in which they came; one whose time is over is not served any more.
 */
import type { Address } from '../actors/address.ts';
import type { Clock, Leases } from '../actors/ports.ts';

interface Waiter {
  readonly node: MemoryLeases;
  readonly answer: (isGranted: boolean) => void;
}

interface Lease {
  holder: MemoryLeases;
  waiters: Waiter[];
}

/** The leases of a process; each of its nodes has its own `MemoryLeases` on one table. */
export class LeaseTable {
  readonly #clock: Clock;
  readonly #leases = new Map<Address, Lease>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  acquire(node: MemoryLeases, actor: Address, waitMs: number): Promise<boolean> {
    const lease = this.#leases.get(actor);
    if (lease === undefined) this.#leases.set(actor, { holder: node, waiters: [] });
    if (lease === undefined || lease.holder === node) return Promise.resolve(true);
    if (waitMs <= 0) return Promise.resolve(false);
    return new Promise((resolve) => {
      const waiter: Waiter = {
        node,
        answer: (isGranted) => {
          cancel();
          resolve(isGranted);
        },
      };
      const cancel = this.#clock.after(waitMs, () => {
        lease.waiters = lease.waiters.filter((other) => other !== waiter);
        resolve(false);
      });
      lease.waiters.push(waiter);
    });
  }

  release(node: MemoryLeases, actor: Address): void {
    const lease = this.#leases.get(actor);
    if (lease?.holder !== node) return;
    const next = lease.waiters[0]?.node;
    if (next === undefined) {
      this.#leases.delete(actor);
      return;
    }
    lease.holder = next;
    const served = lease.waiters.filter((waiter) => waiter.node === next);
    lease.waiters = lease.waiters.filter((waiter) => waiter.node !== next);
    for (const waiter of served) waiter.answer(true);
  }
}

export class MemoryLeases implements Leases {
  readonly #table: LeaseTable;

  constructor(table: LeaseTable) {
    this.#table = table;
  }

  acquire(actor: Address, waitMs: number): Promise<boolean> {
    return this.#table.acquire(this, actor, waitMs);
  }

  async release(actor: Address): Promise<void> {
    this.#table.release(this, actor);
  }
}
