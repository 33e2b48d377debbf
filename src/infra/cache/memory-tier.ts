/**
 * The memory tier: bentocache's own driver, whose entries are fresh for a few minutes only and may be looked at without
 * waiting.
 *
 * Owns when an entry was put here. Invariant: an entry older than `freshMs` is shown to bentocache as expired, so it is
 * asked for in Redis or at the source, and stays what a failing source falls back to.
 */
import { MemoryDriver } from 'bentocache/drivers/memory';
import type { Clock } from '../../actors/ports.ts';

export interface MemoryTierOptions {
  readonly maxItems: number;
  readonly freshMs: number;
  readonly clock: Pick<Clock, 'now'>;
  readonly prefix: string;
}

/** What bentocache keeps, and since when we have it. */
interface Entry {
  readonly value: unknown;
  readonly logicalExpiration: number;
  readonly createdAt: number;
  readonly tags?: string[];
  readonly keptAt: number;
}

export class MemoryTier extends MemoryDriver {
  readonly #freshMs: number;
  readonly #clock: Pick<Clock, 'now'>;

  constructor({ maxItems, freshMs, clock, prefix }: MemoryTierOptions) {
    super({ maxItems, serialize: false, prefix });
    this.#freshMs = freshMs;
    this.#clock = clock;
  }

  /** The value of an entry that is fresh now; a value is never undefined. */
  peek(key: string): unknown {
    const entry = this.#entry(key);
    return entry !== undefined && this.#isFresh(entry) ? entry.value : undefined;
  }

  /** The value of an entry of any age. */
  kept(key: string): unknown {
    return this.#entry(key)?.value;
  }

  /** The type says text, as the driver's own does; with `serialize: false` it is the entry itself. */
  override get(key: string): string | undefined {
    const entry = this.#entry(key);
    const shown = entry === undefined || this.#isFresh(entry) ? entry : { ...entry, logicalExpiration: 0 };
    return shown as unknown as string | undefined;
  }

  /** What comes from Redis is still text. */
  override set(key: string, value: string, ttl?: number): boolean {
    const entry = typeof value === 'string' ? (JSON.parse(value) as Entry) : (value as unknown as Entry);
    return super.set(key, { ...entry, keptAt: this.#clock.now() } as unknown as string, ttl);
  }

  #entry(key: string): Entry | undefined {
    return super.get(key) as unknown as Entry | undefined;
  }

  #isFresh({ keptAt, logicalExpiration }: Entry): boolean {
    const now = this.#clock.now();
    return now < keptAt + this.#freshMs && now < logicalExpiration;
  }
}
