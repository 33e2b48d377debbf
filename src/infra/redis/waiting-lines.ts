/**
 * Who waits for which lease, as far as this node has heard: until when, in the order in which they asked.
 */
import type { Address } from '../../actors/address.ts';

export class WaitingLines {
  readonly #node: string;
  readonly #lines = new Map<Address, Map<string, number>>();

  constructor(node: string) {
    this.#node = node;
  }

  /** One that asks again keeps its place. */
  join(actor: Address, node: string, waitMs: number): void {
    const line = this.#lines.get(actor) ?? new Map<string, number>();
    this.#lines.set(actor, line.set(node, performance.now() + waitMs));
  }

  leave(actor: Address, node: string): void {
    this.#lines.get(actor)?.delete(node);
  }

  forget(actor: Address): void {
    this.#lines.delete(actor);
  }

  of(actor: Address): readonly string[] {
    const line = this.#lines.get(actor);
    if (line === undefined) return [];
    const now = performance.now();
    for (const [node, until] of line) if (until <= now) line.delete(node);
    return [...line.keys()];
  }

  othersOf(actor: Address): readonly string[] {
    return this.of(actor).filter((node) => node !== this.#node);
  }
}
