/**
 * One limit of a partner's: calls per second, calls per day, or only what the partner says when it has had enough.
 *
 * Owns the count and the ban. Invariants:
 * Q1  Within any second never more than `perSecond` calls leave, shared fairly with the other nodes that call just now.
 * Q2  A ban of the partner's is kept to the end it named; a later word never shortens it.
 * Q3  Days are the partner's: from 00:00 +08:00.
 */
import type { QuotaView } from '../../actors/dependencies.ts';
import { nextTimeOfDay, startOfDay } from '../../machines/shanghai.ts';

export interface QuotaLimits {
  readonly perSecond?: number | undefined;
  readonly perDay?: number | undefined;
}

/** Two calls a second apart here may arrive a little closer. */
const SECOND_MS = 1_100;

export class Quota {
  readonly name: string;
  readonly #limits: QuotaLimits;
  /** When the last calls left or will, in the order of booking; as many as the limit per second. */
  #left: number[] = [];
  #day = 0;
  #today = 0;
  #todayElsewhere = 0;
  #callers = 1;
  #bannedUntil = 0;

  constructor(name: string, limits: QuotaLimits) {
    this.name = name;
    this.#limits = limits;
  }

  /** From when on the next call may leave: now, or later. Each is a second after the one `perSecond` before it, so no
   * second holds more, in whatever order places are booked ahead. */
  freeAt(now: number): number {
    this.#turnDay(now);
    const { perDay } = this.#limits;
    const isDayOver = perDay !== undefined && this.#today + this.#todayElsewhere >= perDay;
    const dayAt = isDayOver ? nextTimeOfDay(now, 0) : now;
    const perSecond = this.#perSecond();
    const blocking = perSecond === undefined ? undefined : this.#left.at(-perSecond);
    const secondAt = blocking === undefined ? now : blocking + SECOND_MS;
    return Math.max(now, dayAt, secondAt, this.#bannedUntil);
  }

  /** A call leaves at that time, now or later. */
  book(at: number): void {
    this.#today += 1;
    if (this.#limits.perSecond === undefined) return;
    this.#left.push(at);
    if (this.#left.length > this.#limits.perSecond) this.#left.shift();
  }

  ban(until: number): void {
    this.#bannedUntil = Math.max(this.#bannedUntil, until);
  }

  get bannedUntil(): number {
    return this.#bannedUntil;
  }

  get hasSecond(): boolean {
    return this.#limits.perSecond !== undefined;
  }

  get hasDay(): boolean {
    return this.#limits.perDay !== undefined;
  }

  /** Calls of this process on the partner's day. */
  usedToday(now: number): { readonly day: number; readonly count: number } {
    this.#turnDay(now);
    return { day: this.#day, count: this.#today };
  }

  /** What the other nodes have used of the day, and how many of them call just now. */
  noteOthers(now: number, { today, callers }: { readonly today: number; readonly callers: number }): void {
    this.#turnDay(now);
    this.#todayElsewhere = today;
    this.#callers = 1 + callers;
  }

  view(now: number): QuotaView {
    this.#turnDay(now);
    const { perDay, perSecond } = this.#limits;
    const used = this.#left.filter((at) => at > now - SECOND_MS).length;
    const counted =
      perDay === undefined
        ? { limit: perSecond ?? null, remaining: perSecond === undefined ? null : Math.max(0, perSecond - used) }
        : { limit: perDay, remaining: Math.max(0, perDay - this.#today - this.#todayElsewhere) };
    return {
      name: this.name,
      ...counted,
      resetsAt: perDay === undefined ? null : nextTimeOfDay(now, 0),
      bannedUntil: this.#bannedUntil > now ? this.#bannedUntil : null,
    };
  }

  #perSecond(): number | undefined {
    const { perSecond } = this.#limits;
    return perSecond === undefined ? undefined : Math.max(1, Math.floor(perSecond / this.#callers));
  }

  #turnDay(now: number): void {
    const day = startOfDay(now);
    if (day === this.#day) return;
    this.#day = day;
    this.#today = 0;
    this.#todayElsewhere = 0;
  }
}
