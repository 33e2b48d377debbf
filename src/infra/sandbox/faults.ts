/**
 * The fault script: rules that make the gateways misbehave on purpose, in the ways real partners do.
 *
 * Owns: the rules (in memory; a restart forgets them) and their counts. Faults strike after the signature was checked,
 * so a badly signed request always gets the partner's own refusal.
 * Invariants:
 * - S1 Every matching request is counted by each rule; of those that strike, all delays add up and the first other wins.
 * - S2 Whether a faulty request took effect is fixed by its rule (`done`), never by chance.
 */
import type { Clock } from '../../actors/ports.ts';
import { type Answer, reply } from './http.ts';

/**
 * - `error`: the partner's error envelope with `code`, `subCode`, `subMsg`, `httpStatus`.
 * - `delay` / `delayAnswer`: `ms` before doing it / between doing it and answering.
 * - `dropBefore` / `dropAfter`: the line breaks, with nothing done / after it was done.
 * - `garbage`: `body`, or a cut-off document. `http500`: a proxy's error page.
 * Alipay only:
 * - `wrongSign`: the true answer under a false signature.
 * - `dealing`: a transfer is answered DEALING, as are `queries` queries (default 1); the next settles it `as` SUCCESS
 *   (default), FAIL or REFUND.
 * - `invisible`: a transfer is paid, its line breaks, and `queries` queries (default 1) answer ORDER_NOT_EXIST.
 * - `insufficient`: PAYER_BALANCE_NOT_ENOUGH, whatever the balance.
 */
const FAULT_KINDS = [
  'error',
  'delay',
  'delayAnswer',
  'dropBefore',
  'dropAfter',
  'garbage',
  'http500',
  'wrongSign',
  'dealing',
  'invisible',
  'insufficient',
] as const;

const ALIPAY_ONLY: readonly string[] = ['wrongSign', 'dealing', 'invisible', 'insufficient'];

export interface FaultRule {
  readonly match: {
    readonly gateway: 'taobao' | 'alipay';
    readonly method?: string;
    readonly outBizNo?: string;
    /** Strikes from the nth matching request on (default 1) … */
    readonly nth?: number;
    /** … at most so many times (default: once when `nth` is given, else without end). */
    readonly times?: number;
  };
  readonly do: (typeof FAULT_KINDS)[number];
  /** For `error`, `http500`, `garbage` and `wrongSign`: whether the request takes effect first (default: the last two). */
  readonly done?: boolean;
  readonly code?: string | number;
  readonly subCode?: string;
  readonly subMsg?: string;
  readonly httpStatus?: number;
  readonly ms?: number;
  readonly body?: string;
  readonly queries?: number;
  readonly as?: 'SUCCESS' | 'FAIL' | 'REFUND';
}

/** What the rules say about one request. */
export interface FaultPlan {
  readonly delayMs: number;
  readonly delayAnswerMs: number;
  readonly rule: FaultRule | undefined;
}

export class FaultScript {
  #rules: { readonly rule: FaultRule; seen: number }[] = [];

  /** The rules with how many requests each has matched. */
  list(): readonly { rule: FaultRule; seen: number }[] {
    return this.#rules.map((entry) => ({ ...entry }));
  }

  add(rules: readonly FaultRule[]): void {
    this.#rules.push(...rules.map((rule) => ({ rule, seen: 0 })));
  }

  clear(): void {
    this.#rules = [];
  }

  /** Counts the request and says what shall go wrong with it (S1). */
  plan(gateway: 'taobao' | 'alipay', method: string, outBizNo?: string): FaultPlan {
    const striking: FaultRule[] = [];
    for (const entry of this.#rules) {
      const { match } = entry.rule;
      if (match.gateway !== gateway || (match.method ?? method) !== method) continue;
      if (match.outBizNo !== undefined && match.outBizNo !== outBizNo) continue;
      entry.seen += 1;
      const first = match.nth ?? 1;
      const times = match.times ?? (match.nth === undefined ? Number.POSITIVE_INFINITY : 1);
      if (entry.seen >= first && entry.seen < first + times) striking.push(entry.rule);
    }
    const total = (kind: FaultRule['do']) =>
      striking.reduce((sum, rule) => (rule.do === kind ? sum + (rule.ms ?? 0) : sum), 0);
    return {
      delayMs: total('delay'),
      delayAnswerMs: total('delayAnswer'),
      rule: striking.find((rule) => rule.do !== 'delay' && rule.do !== 'delayAnswer'),
    };
  }
}

/** What a gateway does for one request: `perform` does it and gives the answer, `refuse` gives an error's envelope. */
export interface Work {
  readonly type: string;
  perform(): Promise<string>;
  refuse(rule: FaultRule): string;
  /** The answer under a false signature. */
  forge(answer: string): string;
}

/** Carries a request out under its plan. */
export async function carryOut(plan: FaultPlan, work: Work, clock: Clock): Promise<Answer> {
  await pause(clock, plan.delayMs);
  const answer = await spoiled(plan.rule, work);
  await pause(clock, plan.delayAnswerMs);
  return answer;
}

async function spoiled(rule: FaultRule | undefined, work: Work): Promise<Answer> {
  if (rule?.do === 'dropBefore') return { kind: 'reset' };
  const done = rule?.done ?? (rule?.do !== 'error' && rule?.do !== 'http500');
  const answer = done ? await work.perform() : '';
  switch (rule?.do) {
    case 'error':
      return reply(rule.httpStatus ?? 200, work.type, work.refuse(rule));
    case 'dropAfter':
    case 'invisible':
      return { kind: 'reset' };
    case 'garbage':
      return reply(rule.httpStatus ?? 200, work.type, rule.body ?? answer.slice(0, answer.length / 2));
    case 'http500':
      return reply(rule.httpStatus ?? 500, 'text/html', '<html><body><h1>500 Internal Server Error</h1></body></html>');
    case 'wrongSign':
      return reply(200, work.type, work.forge(answer));
    default:
      return reply(200, work.type, answer);
  }
}

/** Reads rules as a test posts them. Answers the rules, or a sentence that says what is wrong with them. */
export function readFaultRules(value: unknown): readonly FaultRule[] | string {
  const rules = Array.isArray(value) ? value : [value];
  for (const rule of rules as Partial<FaultRule>[]) {
    if (rule?.match?.gateway !== 'taobao' && rule?.match?.gateway !== 'alipay') {
      return 'each rule needs match.gateway: taobao or alipay';
    }
    if (rule.do === undefined || !FAULT_KINDS.includes(rule.do)) return `do is one of ${FAULT_KINDS.join(', ')}`;
    if (rule.match.gateway === 'taobao' && ALIPAY_ONLY.includes(rule.do)) return `${rule.do} is for alipay only`;
    for (const count of [rule.match.nth, rule.match.times, rule.ms, rule.queries]) {
      if (count !== undefined && !(Number.isInteger(count) && count >= 0)) return 'nth, times, ms, queries are counts';
    }
  }
  return rules as FaultRule[];
}

function pause(clock: Clock, ms: number): Promise<void> {
  return ms === 0 ? Promise.resolve() : new Promise((resolve) => clock.after(ms, resolve));
}
