/**
 * What the breakers are on each process, for people to see whether all of them find a partner as bad.
 *
 * Owns what others have told and when this one tells. Invariants:
 * I1  A process that is alone tells nothing and is shown alone.
 * I2  One that stops is gone at once; one that falls silent is shown as silent for a while, and then gone.
 */
import type { DependencyState, InstanceView } from '../../actors/dependencies.ts';
import type { Json } from '../../actors/record.ts';
import type { KeptEntry } from './kept-state.ts';

/** By `dependency/policy`; what is closed is left out. */
type States = Readonly<Record<string, DependencyState>>;

/** What people know a process by. */
export interface ProcessName {
  readonly id: string;
  readonly role: string;
}

interface Told extends ProcessName {
  readonly states: States;
}

const TELL_EVERY_MS = 10_000;
const SILENT_MS = 30_000;
const GONE_MS = 600_000;

export class Instances {
  readonly #self: () => ProcessName;
  /** By who has kept it. */
  readonly #others = new Map<string, { readonly at: number; readonly told: Told }>();
  #told = '';
  #toldAt = 0;

  constructor(self: () => ProcessName) {
    this.#self = self;
  }

  /** What another process has told; null: it has stopped. */
  hear({ node, at, value }: KeptEntry): void {
    if (value === null) this.#others.delete(node);
    else this.#others.set(node, { at, told: value as unknown as Told });
  }

  /** What the others should hear now; undefined as long as they know. */
  toTell(now: number, states: ReadonlyMap<string, DependencyState>): Json | undefined {
    const told = { ...this.#self(), states: Object.fromEntries([...states].filter(([, state]) => state !== 'closed')) };
    const text = JSON.stringify(told);
    if (text === this.#told && now < this.#toldAt + TELL_EVERY_MS) return undefined;
    this.#told = text;
    this.#toldAt = now;
    return told;
  }

  /** This process, of which `own` is the state, and the others, in an order that stays. */
  of(key: string, own: DependencyState, now: number): readonly InstanceView[] {
    const others = [...this.#others.values()].flatMap(({ at, told: { id, role, states } }) =>
      at > now - GONE_MS
        ? [{ id, role, state: states[key] ?? 'closed', isSilent: at <= now - SILENT_MS, isSelf: false }]
        : [],
    );
    return [{ ...this.#self(), state: own, isSilent: false, isSelf: true }, ...others].sort((one, other) =>
      one.id < other.id ? -1 : 1,
    );
  }
}
