/**
 * The sandbox as a process of its own, which stays up while servers come and go: the outside truth of system tests.
 */
import type { FaultRule } from '../../src/infra/sandbox/faults.ts';
import { type ChildProgram, spawnProgram, until } from './server-process.ts';

export interface SandboxProcess extends ChildProgram {
  /** What points a server at it, as it prints it. */
  readonly env: Readonly<Record<string, string>>;
  readonly controlUrl: string;
  /** Adds orders, or moves them on; fields as the partner names them. */
  orders(rows: readonly OrderFields[]): Promise<void>;
  refunds(rows: readonly RefundFields[]): Promise<void>;
  faults(rules: readonly FaultRule[]): Promise<void>;
  payer(balanceFen: number): Promise<void>;
  book(): Promise<SandboxBook>;
}

export interface OrderFields {
  readonly trade_id: string;
  readonly [field: string]: unknown;
}

export interface RefundFields {
  readonly refund_suit_id: string;
  readonly [field: string]: unknown;
}

export interface PayoutEntry {
  readonly outBizNo: string;
  readonly arrivals: readonly { readonly at: number; readonly digest: string }[];
  readonly payout?: { readonly amountFen: number; readonly status: string };
}

export interface SandboxBook {
  readonly balanceFen: number;
  readonly payouts: readonly PayoutEntry[];
  readonly orders: readonly { readonly tradeId: string; readonly versions: readonly OrderFields[] }[];
  readonly refunds: readonly RefundFields[];
}

const READY_WITHIN_MS = 60_000;

/** Starts the sandbox without its demo, in `dir`, and resolves once it takes requests. */
export async function startSandboxProcess(dir: string): Promise<SandboxProcess> {
  const program = spawnProgram([process.execPath, 'src/infra/sandbox/main.ts', '--dir', dir], {});
  const printed = await until(
    'the sandbox is ready',
    READY_WITHIN_MS,
    () => readPrinted(program.stdout()),
    program.stderr,
  );
  const control = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const response = await fetch(new URL(path, printed.controlUrl), {
      method,
      ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (response.status !== 200) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  };
  return {
    ...program,
    ...printed,
    orders: (rows) => control('POST', 'orders', rows),
    refunds: (rows) => control('POST', 'refunds', rows),
    faults: (rules) => control('POST', 'faults', rules),
    payer: (balanceFen) => control('POST', 'payer', { balanceFen }),
    book: async () => ({
      ...(await control<Pick<SandboxBook, 'balanceFen' | 'payouts'>>('GET', 'book/payouts')),
      ...(await control<Pick<SandboxBook, 'orders'>>('GET', 'book/orders')),
      ...(await control<Pick<SandboxBook, 'refunds'>>('GET', 'book/refunds')),
    }),
  };
}

/** The environment and the control address, once all of it is printed. */
export function readPrinted(text: string): { env: Record<string, string>; controlUrl: string } | undefined {
  const controlUrl = /^# books and faults: (\S+)$/m.exec(text)?.[1];
  const env = Object.fromEntries(
    [...text.matchAll(/^export (\w+)=(.+)$/gm)].map(([, name = '', value = '']) => [name, value]),
  );
  return controlUrl !== undefined && text.endsWith('\n') ? { env, controlUrl } : undefined;
}
