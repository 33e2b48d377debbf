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
  /** Its end; the driver's own bookkeeping of ends would cost more than the rest of a look. */
  readonly keptUntil: number;
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
    const entry = super.get(key) as unknown as Entry | undefined;
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
    const keptAt = this.#clock.now();
    const keptUntil = keptAt + (ttl ?? Number.POSITIVE_INFINITY);
    return super.set(key, { ...entry, keptAt, keptUntil } as unknown as string);
  }

  override getRemainingTtl(key: string): number {
    const entry = this.#entry(key);
    return entry === undefined ? 0 : entry.keptUntil - this.#clock.now();
  }

  #entry(key: string): Entry | undefined {
    const entry = super.get(key) as unknown as Entry | undefined;
    if (entry === undefined || this.#clock.now() < entry.keptUntil) return entry;
    this.delete(key);
    return undefined;
  }

  #isFresh({ keptAt, logicalExpiration }: Entry): boolean {
    const now = this.#clock.now();
    return now < keptAt + this.#freshMs && now < logicalExpiration;
  }
}
