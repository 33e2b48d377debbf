/**
 * Alipay's book: every transfer request that arrived and every transfer made, in the file `payouts.jsonl`.
 *
 * Owns: the payer's balance and each transfer's fate. It is what tests hold against the server's own journal.
 * Invariants:
 * - P1 One `out_biz_no` is paid at most once, however many requests carry it, also at the same time.
 * - P2 An answer about money is given only after `flushed()` (B1 of book.ts).
 * - P3 Payee identity and name are on disk and in answers only as a keyed digest and a mask.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Clock } from '../../actors/ports.ts';
import { type Book, openBook } from './book.ts';
import { keyedDigest, type SandboxKeys } from './keys.ts';
import { toShanghai } from './shanghai-time.ts';

export interface TransferRequest {
  readonly outBizNo: string;
  readonly amountFen: number;
  readonly payeeIdentity: string;
  readonly payeeName: string;
  /** The request's meaning, for telling a repeat from other parameters under the same number. */
  readonly canonical: string;
}

type PayoutStatus = 'SUCCESS' | 'DEALING' | 'FAIL' | 'REFUND';

/** What a transfer still has before it: so many queries that answer DEALING, or that do not see it. */
interface Ahead {
  readonly queries: number;
  readonly settleAs: Exclude<PayoutStatus, 'DEALING'>;
}

export interface Payout {
  readonly outBizNo: string;
  readonly amountFen: number;
  readonly fingerprint: string;
  readonly orderId: string;
  readonly payFundOrderId: string;
  readonly payee: { readonly digest: string; readonly identity: string; readonly name: string };
  readonly at: number;
  readonly status: PayoutStatus;
  readonly ahead?: Ahead;
}

type Line =
  | { readonly kind: 'arrival'; readonly outBizNo: string; readonly at: number; readonly digest: string }
  | { readonly kind: 'payout'; readonly payout: Payout }
  | { readonly kind: 'settled'; readonly outBizNo: string; readonly at: number; readonly status: PayoutStatus }
  | { readonly kind: 'funds'; readonly at: number; readonly balanceFen: number };

/** One `out_biz_no` as tests read it; `payout` is absent while nothing was paid under it. */
export interface PayoutEntry {
  readonly outBizNo: string;
  readonly arrivals: readonly { readonly at: number; readonly digest: string }[];
  readonly payout?: Payout;
}

export type PayResult =
  | { readonly kind: 'paid'; readonly payout: Payout }
  | { readonly kind: 'refused'; readonly subCode: 'PAYMENT_INFO_INCONSISTENCY' | 'PAYER_BALANCE_NOT_ENOUGH' };

const OPENING_BALANCE_FEN = 1_000_000_000;

export class PayoutBook {
  readonly #book: Book<Line>;
  readonly #clock: Clock;
  readonly #keys: SandboxKeys;
  readonly #entries = new Map<string, { arrivals: { at: number; digest: string }[]; payout?: Payout }>();
  readonly #queried = new Map<string, number>();
  #balanceFen = OPENING_BALANCE_FEN;

  private constructor(book: Book<Line>, lines: readonly Line[], clock: Clock, keys: SandboxKeys) {
    this.#book = book;
    this.#clock = clock;
    this.#keys = keys;
    for (const line of lines) this.#apply(line);
  }

  /** Opens the book in `dir` with all that it held. @throws STORE_CORRUPT */
  static async open(dir: string, clock: Clock, keys: SandboxKeys): Promise<PayoutBook> {
    const { book, lines } = await openBook<Line>(join(dir, 'payouts.jsonl'));
    return new PayoutBook(book, lines, clock, keys);
  }

  /** Notes that a request came in, whatever becomes of it. The digest is of its exact bytes. */
  arrive(outBizNo: string, bizContent: string): void {
    this.#record({ kind: 'arrival', outBizNo, at: this.#clock.now(), digest: keyedDigest(this.#keys, bizContent) });
  }

  /** Pays, or answers the first result again (P1). A repeat while something is ahead changes nothing. */
  pay(request: TransferRequest, ahead?: Ahead & { readonly status: 'SUCCESS' | 'DEALING' }): PayResult {
    const fingerprint = keyedDigest(this.#keys, request.canonical);
    const earlier = this.#entries.get(request.outBizNo)?.payout;
    if (earlier !== undefined) {
      return earlier.fingerprint === fingerprint
        ? { kind: 'paid', payout: earlier }
        : { kind: 'refused', subCode: 'PAYMENT_INFO_INCONSISTENCY' };
    }
    if (request.amountFen > this.#balanceFen) return { kind: 'refused', subCode: 'PAYER_BALANCE_NOT_ENOUGH' };
    const now = this.#clock.now();
    const day = toShanghai(now).slice(0, 10).replaceAll('-', '');
    const digits = BigInt(`0x${createHash('sha256').update(request.outBizNo).digest('hex')}`).toString();
    const payout: Payout = {
      outBizNo: request.outBizNo,
      amountFen: request.amountFen,
      fingerprint,
      orderId: `${day}110070000006${digits.slice(0, 12)}`,
      payFundOrderId: `${day}110070001506${digits.slice(0, 12)}`,
      payee: {
        digest: keyedDigest(this.#keys, `${request.payeeIdentity}\n${request.payeeName}`),
        identity: maskedIdentity(request.payeeIdentity),
        name: maskedName(request.payeeName),
      },
      at: now,
      status: ahead?.status ?? 'SUCCESS',
      ...(ahead && { ahead: { queries: ahead.queries, settleAs: ahead.settleAs } }),
    };
    this.#record({ kind: 'payout', payout });
    return { kind: 'paid', payout };
  }

  /**
   * The transfer as a query sees it now; undefined when there is none, or none visible yet. Counts as a query: the first
   * after those that are ahead settles the transfer. A restart counts from the beginning again.
   */
  query(by: { readonly outBizNo: string } | { readonly orderId: string }): Payout | undefined {
    const entry = 'outBizNo' in by ? this.#entries.get(by.outBizNo) : this.#entryOfOrder(by.orderId);
    const payout = entry?.payout;
    if (payout?.ahead === undefined) return payout;
    const queried = (this.#queried.get(payout.outBizNo) ?? 0) + 1;
    this.#queried.set(payout.outBizNo, queried);
    if (queried <= payout.ahead.queries) return payout.status === 'DEALING' ? payout : undefined;
    const { outBizNo, ahead } = payout;
    this.#record({ kind: 'settled', outBizNo, at: this.#clock.now(), status: ahead.settleAs });
    return entry?.payout;
  }

  /** Sets what the payer's account holds, for tests of an account that runs short. */
  setBalance(balanceFen: number): void {
    this.#record({ kind: 'funds', at: this.#clock.now(), balanceFen });
  }

  get balanceFen(): number {
    return this.#balanceFen;
  }

  entries(): readonly PayoutEntry[] {
    return [...this.#entries].map(([outBizNo, entry]) => ({ outBizNo, ...entry }));
  }

  flushed(): Promise<void> {
    return this.#book.flushed();
  }

  close(): Promise<void> {
    return this.#book.close();
  }

  #entryOfOrder(orderId: string): { payout?: Payout } | undefined {
    return [...this.#entries.values()].find(
      ({ payout }) => payout?.orderId === orderId || payout?.payFundOrderId === orderId,
    );
  }

  #record(line: Line): void {
    this.#apply(line);
    this.#book.append(line);
  }

  #apply(line: Line): void {
    if (line.kind === 'funds') {
      this.#balanceFen = line.balanceFen;
      return;
    }
    const outBizNo = line.kind === 'payout' ? line.payout.outBizNo : line.outBizNo;
    const entry = this.#entries.get(outBizNo) ?? { arrivals: [] };
    this.#entries.set(outBizNo, entry);
    if (line.kind === 'arrival') {
      entry.arrivals.push({ at: line.at, digest: line.digest });
    } else if (line.kind === 'payout') {
      entry.payout = line.payout;
      this.#balanceFen -= line.payout.amountFen;
    } else if (entry.payout !== undefined) {
      const { ahead: _, ...settled } = entry.payout;
      entry.payout = { ...settled, status: line.status };
      if (line.status !== 'SUCCESS') this.#balanceFen += entry.payout.amountFen;
    }
  }
}

/** At most the first three characters, and never more than a third. */
function maskedIdentity(identity: string): string {
  return `${identity.slice(0, Math.min(3, Math.floor(identity.length / 3)))}***`;
}

function maskedName(name: string): string {
  return name.length > 1 ? `*${name.slice(-1)}` : '*';
}
