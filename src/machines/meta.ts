/**
 * What support staff read about states and events, in both languages. Every state of every machine carries a
 * `StateMeta` as its `meta`; every machine file exports `<noun>Events`, an `EventMeta` for each event it takes.
 */

export interface Words {
  readonly zh: string;
  readonly en: string;
}

export interface StateMeta {
  readonly title: Words;
  /** One sentence for support: what it means. */
  readonly help: Words;
  /** How long an actor may normally stay here, in seconds; 0 = for ever. */
  readonly slaSeconds: number;
  /** What the customer sees of it in the app. Where several states are active the last that has words speaks. */
  readonly customer?: Words;
  /** What to tell a customer who asks. */
  readonly answer?: Words;
  /** What it waits for, besides its timers and calls. */
  readonly awaits?: Words;
  /** The partner without whom it does not go on. */
  readonly dependsOn?: 'alipay' | 'taobao';
}

export type StaffRole = 'viewer' | 'operator' | 'approver' | 'sre' | 'auditor' | 'admin';

export interface EventMeta {
  readonly title: Words;
  readonly help: Words;
  /** Staff roles that may send it by hand; empty = only actors, activities and timers do. */
  readonly sentBy: readonly StaffRole[];
}
