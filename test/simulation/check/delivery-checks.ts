/**
 * J1–J7 on durable state: journals without gap or double, each effect with its cause, watermarks that never run ahead.
 */
import { createHash } from 'node:crypto';
import type { JournalRecord, RecordedMessage, WaitingCall } from '../../../src/actors/record.ts';
import { RUNTIME } from '../profile.ts';
import { assert, type Facts } from './facts.ts';

const CHAINED = ['balance/', 'withdrawal/'];
const TELL_ID = /^([a-z0-9]+\/[^#!~]+)#(\d+)\.(\d+)$/;
const ATTEMPT_ID = /^(.+#\d+\.\d+)~(\d+)$/;

export class DeliveryChecks {
  readonly #facts: Facts;
  readonly #watermarks = new Map<string, number>();
  readonly #slots = new Set<string>();
  /** Attempts that a committed record has sent out. */
  readonly #attempts = new Set<string>();

  constructor(facts: Facts) {
    this.#facts = facts;
  }

  /** Before the record joins the facts. */
  check(record: JournalRecord): void {
    const { actor, seq, node, batch, at } = record;
    const where = `${actor} seq ${seq}`;
    const previous = this.#facts.last(actor);
    assert(seq === (previous?.seq ?? 0) + 1, () => `J2 I10 ${where} follows seq ${previous?.seq ?? 0}`);
    assert(at >= (previous?.at ?? 0), () => `I10 ${where} is older than the record before it`);
    assert(record.messages.length > 0, () => `J3 ${where} took no message`);
    const slot = `${node} ${batch} ${actor}`;
    assert(!this.#slots.has(slot), () => `J5 two records of ${actor} in batch ${batch} of ${node}`);
    this.#slots.add(slot);
    this.#checkChain(record, previous, where);
    const ids = new Set<string>();
    for (const message of record.messages) {
      const isNew = this.#facts.recorded(actor, message.id) === undefined && !ids.has(message.id);
      assert(isNew, () => `J2 I11 ${where} takes message ${message.id} again`);
      ids.add(message.id);
      this.#checkCause(record, message, previous, where);
    }
    for (const tell of record.tells) {
      const [, from, of] = TELL_ID.exec(tell.id) ?? [];
      assert(from === actor && Number(of) === seq, () => `I9 ${where} tells under the id ${tell.id}`);
    }
    for (const entry of record.snapshot.waiting) {
      if (entry.kind === 'call' && entry.phase === 'sent') this.#attempts.add(attemptId(entry));
    }
    const isSettled = batch <= (this.#watermarks.get(node) ?? 0);
    assert(!isSettled, () => `J7 ${where} is in batch ${batch} of ${node}, below its watermark`);
  }

  /** Whether that attempt was committed as sent before it went out. */
  isCommitted(attempt: string): boolean {
    return this.#attempts.has(attempt);
  }

  #checkChain(record: JournalRecord, previous: JournalRecord | undefined, where: string): void {
    const isChained = CHAINED.some((type) => record.actor.startsWith(type));
    if (!isChained) return;
    const { hash, ...rest } = record;
    const expected = createHash('sha256').update(JSON.stringify(rest)).digest('base64url');
    assert(hash === expected, () => `I10 ${where} does not match its hash`);
    assert(record.prev === previous?.hash, () => `I10 ${where} is not linked to the record before it`);
  }

  /** I9, I13, I14: what comes from inside the system must have been asked for by a committed record. */
  #checkCause(
    record: JournalRecord,
    message: RecordedMessage,
    previous: JournalRecord | undefined,
    where: string,
  ): void {
    const { id, event } = message;
    if (event.type === '@due') {
      const entry = previous?.snapshot.waiting.find(({ token }) => token === event['token']);
      const isDue = entry !== undefined && entry.dueAt <= record.at;
      assert(isDue || message.outcome === 'ignored', () => `I13 ${where} fired ${id}, which is not due`);
      return;
    }
    if (event.type === '@outcome') {
      assert(ATTEMPT_ID.test(id) && this.#attempts.has(id), () => `I14 ${where} has an outcome of ${id}, never sent`);
      return;
    }
    const [, sender] = TELL_ID.exec(id) ?? [];
    if (sender === undefined) return;
    const told = this.#facts.tells.get(id)?.tell;
    const isSame =
      told !== undefined && told.to === record.actor && JSON.stringify(told.event) === JSON.stringify(event);
    assert(isSame && message.cause === sender, () => `I9 ${where} took ${id}, which ${sender} never sent`);
  }

  /** J7 at the moment a watermark becomes durable. */
  watermarkSet(node: string, watermark: number): void {
    const before = this.#watermarks.get(node) ?? 0;
    if (watermark <= before) return;
    this.#watermarks.set(node, watermark);
    for (const record of this.#facts.byNode.get(node) ?? []) {
      const where = `watermark of ${node} passed batch ${record.batch}`;
      if (record.batch > before && record.batch <= watermark) this.#assertDone(record, where);
    }
  }

  /** J7 when a node is retired, of what stood there before it could be: what lands later is found later, and a node that
   * was heard of again meanwhile is no longer retired. */
  retired(node: string, heardAt: number, now: number): void {
    const until = heardAt + Number(RUNTIME.nodeRetireMs);
    if (now < until) return;
    for (const record of this.#facts.byNode.get(node) ?? []) {
      const landedAt = this.#facts.landedAt.get(record) ?? 0;
      if (landedAt < until) this.#assertDone(record, `${node} was retired`);
    }
  }

  #assertDone({ actor, seq, tells, rows }: JournalRecord, what: string): void {
    const where = `${what} with ${actor} seq ${seq}`;
    assert((this.#facts.headSeqs.get(actor) ?? 0) >= seq, () => `J7 ${where}: its head is not written`);
    for (const { id } of rows) assert(this.#facts.rowIds.has(id), () => `J7 ${where}: row ${id} is not written`);
    for (const { id } of tells) this.#assertAccepted(id, where);
  }

  #assertAccepted(tell: string, where: string): void {
    const isAccepted = !this.#facts.outstanding.has(tell) || this.#facts.undelivered.has(tell);
    assert(isAccepted, () => `J7 ${where}: tell ${tell} is neither taken nor undelivered`);
  }

  /** A tell leaves the list only once its target has it. */
  undeliveredRemoved(ids: readonly string[]): void {
    for (const id of ids) {
      assert(!this.#facts.outstanding.has(id), () => `J7 ${id} was dropped from the undelivered list untaken`);
      this.#facts.undelivered.delete(id);
    }
  }
}

function attemptId({ id, attempt }: WaitingCall): string {
  return `${id}~${attempt}`;
}
