/**
 * Saving what changes, and hearing what other nodes have saved.
 *
 * Owns the loop. Invariants:
 * S1  Nothing waits for it but what a person sets: it writes behind, coalesced per key, and tries again a second later.
 * S2  Each entry of another node's is handed over once, in the order of its time; own entries only at the start.
 */
import type { Clock, Log } from '../../actors/ports.ts';
import type { Json } from '../../actors/record.ts';
import type { KeptEntry, KeptState } from './kept-state.ts';

export interface SharedStateDeps {
  readonly kept: KeptState;
  readonly clock: Clock;
  readonly log: Log;
  /** This process. */
  readonly node: string;
  readonly onEntry: (entry: KeptEntry) => void;
  /** About each second, before what has changed is saved. */
  readonly onTick: () => void;
}

const TICK_MS = 1_000;
/** As long as the longest hold, and a day's count. */
const KEPT_MS = 86_400_000;

export class SharedState {
  readonly #deps: SharedStateDeps;
  readonly #unsaved = new Map<string, KeptEntry>();
  /** The time of the entry last handed over or saved here, by key. */
  readonly #known = new Map<string, number>();
  #saving: Promise<void> | undefined;
  #cancelTick = () => {};
  #isStopped = false;

  constructor(deps: SharedStateDeps) {
    this.#deps = deps;
  }

  get node(): string {
    return this.#deps.node;
  }

  /** Hands over what is kept, then goes on by itself. A store that is away is heard when it is back. */
  async start(): Promise<void> {
    await this.#hear();
    this.#armTick();
  }

  /** Will be saved soon. */
  put(key: string, value: Json): void {
    this.#unsaved.set(key, this.#entry(key, value));
    if (this.#unsaved.size === 1) this.#deps.clock.soon(() => void this.#flush());
  }

  /** Returns once it is durable. @throws STORE_UNAVAILABLE */
  async putNow(key: string, value: Json): Promise<void> {
    await this.#deps.kept.save([this.#entry(key, value)]);
  }

  /** Saves what is left. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelTick();
    await this.#flush();
  }

  #entry(key: string, value: Json): KeptEntry {
    const { clock, node } = this.#deps;
    // Later than what it follows, although another node's clock may be a little ahead.
    const at = Math.max(clock.now(), (this.#known.get(key) ?? 0) + 1);
    this.#known.set(key, at);
    return { key, at, node, value };
  }

  #armTick(): void {
    if (this.#isStopped) return;
    this.#cancelTick = this.#deps.clock.after(TICK_MS, () => void this.#tick());
  }

  async #tick(): Promise<void> {
    if (this.#deps.kept.isShared) await this.#hear();
    this.#deps.onTick();
    await this.#flush();
    this.#armTick();
  }

  async #hear(): Promise<void> {
    const { kept, clock, log, node, onEntry } = this.#deps;
    try {
      const entries = await kept.load(clock.now() - KEPT_MS);
      for (const entry of entries.toSorted((one, other) => one.at - other.at)) {
        if (entry.node === node || entry.at <= (this.#known.get(entry.key) ?? 0)) continue;
        this.#known.set(entry.key, entry.at);
        onEntry(entry);
      }
    } catch (error) {
      log.debug('the kept state of dependencies cannot be read just now', { error });
    }
  }

  async #flush(): Promise<void> {
    await this.#saving;
    if (this.#unsaved.size === 0) return;
    this.#saving = this.#save([...this.#unsaved.values()]);
    await this.#saving;
  }

  async #save(entries: readonly KeptEntry[]): Promise<void> {
    try {
      await this.#deps.kept.save(entries);
      for (const entry of entries) if (this.#unsaved.get(entry.key) === entry) this.#unsaved.delete(entry.key);
    } catch (error) {
      this.#deps.log.debug('the state of dependencies cannot be saved just now', { error });
    }
  }
}
