/**
 * Reading `DEPENDENCY_SETTINGS`: changes to the settings of policies, as `taobao/item.attemptMs=800, alipay/*.shadow=1`.
 *
 * Owns the syntax and the range of each setting. Later changes win over earlier ones.
 */
import { POLICIES, type PolicySettings } from './policies.ts';

export type PolicyTable = Readonly<Record<keyof typeof POLICIES, Readonly<Record<string, PolicySettings>>>>;

const DAY_MS = 86_400_000;

const RANGES: Readonly<Record<keyof PolicySettings, readonly [least: number, most: number]>> = {
  totalMs: [1, DAY_MS],
  attemptMs: [1, DAY_MS],
  retries: [0, 5],
  retryDelayMs: [1, 60_000],
  failurePercent: [1, 100],
  slowPercent: [1, 100],
  slowMs: [1, DAY_MS],
  windowMs: [100, 3_600_000],
  minCalls: [1, 100_000],
  openMs: [1, DAY_MS],
  longestOpenMs: [1, DAY_MS],
  concurrency: [1, 10_000],
  queue: [0, 100_000],
  shadow: [0, 1],
};

/** The table with the changes made, and what is wrong with those that were not. */
export function overridePolicies(
  table: PolicyTable,
  text: string,
): { readonly policies: PolicyTable; readonly problems: readonly string[] } {
  const policies = structuredClone(table) as unknown as Record<string, Record<string, Record<string, number>>>;
  const problems: string[] = [];
  const items = text.split(',').map((item) => item.trim());
  for (const item of items.filter((one) => one !== '')) {
    const [, dependency = '', policy = '', setting = '', digits = ''] =
      /^([\w*]+)\/([\w*]+)\.(\w+)=(\d{1,9})$/.exec(item) ?? [];
    const targets = matching(policies, dependency).flatMap((group) => matching(group, policy));
    const range = Object.hasOwn(RANGES, setting) ? RANGES[setting as keyof PolicySettings] : undefined;
    if (digits === '') {
      problems.push(`"${item}" is not of the form dependency/policy.setting=number, such as taobao/item.attemptMs=800`);
    } else if (targets.length === 0) {
      problems.push(`"${item}": no such policy; there are ${namesOf(table).join(', ')}, and * for all`);
    } else if (range === undefined) {
      problems.push(`"${item}": no such setting; there are ${Object.keys(RANGES).join(', ')}`);
    } else if (Number(digits) < range[0] || Number(digits) > range[1]) {
      problems.push(`"${item}": ${setting} must be from ${range[0]} to ${range[1]}`);
    } else {
      for (const target of targets) target[setting] = Number(digits);
    }
  }
  return { policies: policies as unknown as PolicyTable, problems };
}

/** The defaults, with the payouts' own time limit. */
export function defaultPolicies(payoutTimeoutMs: number): PolicyTable {
  const payout = {
    attemptMs: payoutTimeoutMs,
    slowMs: Math.ceil(payoutTimeoutMs * 0.8),
    totalMs: payoutTimeoutMs + POLICIES.alipay.transfer.totalMs,
  };
  const { transfer, query } = POLICIES.alipay;
  return { ...POLICIES, alipay: { transfer: { ...transfer, ...payout }, query: { ...query, ...payout } } };
}

function matching<T>(record: Readonly<Record<string, T>>, name: string): readonly T[] {
  if (name === '*') return Object.values(record);
  const found = Object.hasOwn(record, name) ? record[name] : undefined;
  return found === undefined ? [] : [found];
}

function namesOf(table: PolicyTable): readonly string[] {
  return Object.entries(table).flatMap(([dependency, group]) =>
    Object.keys(group).map((policy) => `${dependency}/${policy}`),
  );
}
