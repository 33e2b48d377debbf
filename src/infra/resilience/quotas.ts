/**
 * The quotas of all partners: which policy draws on which, and what is known of them across nodes and restarts.
 *
 * Owns their names. `account`: the order APIs of the Taobao account together; `app`: every call of the Taobao app on one
 * day; `api`: one API, of which only the partner knows the limit.
 */
import type { Json } from '../../actors/record.ts';
import type { KeptEntry } from './kept-state.ts';
import { Quota } from './quota.ts';

export interface QuotaSettings {
  readonly taobaoOrdersPerSecond: number;
  /** Undefined: what Taobao allows is found out when it is used up. */
  readonly taobaoCallsPerDay: number | undefined;
}

interface Known {
  readonly at: number;
  readonly day: number;
  readonly count: number;
}

/** Policies of the order APIs, whose limit is the account's. */
const ORDER_POLICIES: readonly string[] = ['orders', 'refunds'];
/** A node that has not said otherwise for so long does not call. */
const CALLS_NOW_MS = 5_000;

export class Quotas {
  readonly #all = new Map<string, Quota>();
  /** What other nodes have used, by quota and node. */
  readonly #elsewhere = new Map<string, Map<string, Known>>();
  readonly #told = new Map<string, number>();
  readonly #account: Quota;
  readonly #app: Quota;

  constructor({ taobaoOrdersPerSecond, taobaoCallsPerDay }: QuotaSettings) {
    this.#account = this.#add('taobao/account', new Quota('account', { perSecond: taobaoOrdersPerSecond }));
    this.#app = this.#add('taobao/app', new Quota('app', { perDay: taobaoCallsPerDay }));
  }

  /** Those a policy draws on, made at the first call. */
  of(dependency: string, policy: string): readonly Quota[] {
    const key = `${dependency}/${policy}/api`;
    const own = this.#all.get(key) ?? this.#add(key, new Quota('api', {}));
    if (dependency !== 'taobao') return [own];
    return ORDER_POLICIES.includes(policy) ? [this.#app, this.#account, own] : [this.#app, own];
  }

  /** Keeps a ban of the partner's; answers the key it is known by, or undefined when the policy has no such quota. */
  ban(dependency: string, policy: string, name: string, until: number): string | undefined {
    const quota = this.of(dependency, policy).find((one) => one.name === name);
    quota?.ban(until);
    return [...this.#all].find(([, one]) => one === quota)?.[0];
  }

  /** A ban that another node or an earlier process was told. */
  hearBan(key: string, until: number): void {
    this.#all.get(key)?.ban(until);
  }

  /** What another node has used: `key` is `<quota>:<node>`. */
  hearCalls(key: string, { at, value }: KeptEntry): void {
    const [quota = '', node = ''] = key.split(':');
    const { day, count } = value as { day: number; count: number };
    const nodes = this.#elsewhere.get(quota) ?? new Map<string, Known>();
    this.#elsewhere.set(quota, nodes.set(node, { at, day, count }));
  }

  /** Divides with the others, and answers what they, or the next process, should hear: the calls of today, where they
   * have changed. */
  settle(
    now: number,
    { isShared }: { readonly isShared: boolean },
  ): readonly { readonly quota: string; readonly value: Json }[] {
    return [...this.#all].flatMap(([key, quota]) => {
      const { day, count } = quota.usedToday(now);
      const others = [...(this.#elsewhere.get(key)?.values() ?? [])];
      quota.noteOthers(now, {
        today: others.filter((one) => one.day === day).reduce((sum, one) => sum + one.count, 0),
        callers: others.filter((one) => one.at > now - CALLS_NOW_MS).length,
      });
      const concerns = quota.hasDay || (isShared && quota.hasSecond);
      if (!concerns || count === 0 || this.#told.get(key) === count) return [];
      this.#told.set(key, count);
      return [{ quota: key, value: { day, count } }];
    });
  }

  #add(key: string, quota: Quota): Quota {
    this.#all.set(key, quota);
    return quota;
  }
}
