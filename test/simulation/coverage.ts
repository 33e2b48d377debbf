/**
 * What the runs together have reached. `SOMETIMES` names what must happen in some seed, or the runs prove less than they
 * seem to; transitions taken are counted against all that the machines have.
 */
import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { edgeOf } from '../../src/actors/edge.ts';
import type { JournalRecord, RecordedMessage } from '../../src/actors/record.ts';
import type { ActorDefinition } from '../../src/actors/registry.ts';
import { leafOf } from './check/facts.ts';

const STATES = [
  'holding',
  'review',
  'paying.sending',
  'paying.unknown',
  'paying.postponed',
  'paying.manual',
  'releasing',
  'paid',
  'failed',
  'denied',
  'canceled',
].map((state) => `withdrawal is ${state}`);

const LEDGER = ['credit', 'release', 'clawback', 'hold', 'capture', 'unhold', 'debtRepaid', 'adjust'].map(
  (kind) => `ledger line ${kind}`,
);

const CALL_FAULTS = [
  'append reject',
  'append lookFailed',
  'append lost',
  'append late',
  'append crashBefore',
  'append crashAfter',
  'append crashLate',
  'append pause',
  'write late',
  'write lookFailed',
  'read reject',
  'enqueue lost',
  'enqueue late',
  'feed lost',
  'payout lost',
  'payout lookFailed',
  'payout late',
  'payout crashAfter',
].map((fault) => `fault ${fault}`);

const RUNTIME = ['fencingRejected', 'nodeFenced', 'undeliveredStored', 'timersFired', 'attempts'].map(
  (counter) => `runtime ${counter}`,
);

const SOMETIMES: readonly string[] = [
  ...STATES,
  ...LEDGER,
  ...CALL_FAULTS,
  ...RUNTIME,
  'hold refused INSUFFICIENT_FUNDS',
  'hold refused ACCOUNT_FROZEN',
  'hold refused HOLD_CANCELED',
  'a user is in debt',
  'a release comes before its hold',
  'an outcome comes after its call was closed',
  'an attempt is lost',
  'a definite no is doubted',
  'a channel is refused to a second user',
  'a bound channel answers an order that asked',
  'an order is claimed',
  'an order goes from closed to open',
  'a refund takes a released rebate back',
  'one turn takes several messages',
  'two nodes write one withdrawal',
  'a record lands after its node fell silent',
  'a request is answered from the journal',
  'a page is in doubt and read again',
];

/** These take more seeds. */
const SELDOM: readonly string[] = ['a payout turns up after its release', 'hold refused HOLD_TOO_LATE'];
const SELDOM_SEEDS = 3_000;

export class Coverage {
  readonly counts = new Map<string, number>();
  readonly edges = new Set<string>();

  hit(name: string): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }

  hitIf(happened: boolean, name: string): void {
    if (happened) this.hit(name);
  }

  /** What should have happened in so many seeds and has not. */
  missing(seedCount: number): readonly string[] {
    const due = seedCount >= SELDOM_SEEDS ? [...SOMETIMES, ...SELDOM] : SOMETIMES;
    return due.filter((name) => !this.counts.has(name));
  }

  record(record: JournalRecord, previous: JournalRecord | undefined): void {
    const type = record.actor.slice(0, record.actor.indexOf('/'));
    this.hitIf(record.messages.length > 1, 'one turn takes several messages');
    for (const message of record.messages) {
      for (const edge of message.edges) this.edges.add(edge);
      this.#message(type, message);
    }
    if (type === 'withdrawal') this.#withdrawal(record, previous);
    if (type === 'balance') this.#balance(record);
    if (type === 'order') this.#order(record, previous);
    const { passCount } = record.snapshot.context as { passCount?: number };
    this.hitIf(passCount !== undefined && passCount > 1, 'a page is in doubt and read again');
  }

  #message(type: string, { event, outcome, reason }: RecordedMessage): void {
    const { call, outcome: answer } = event as { call?: string; outcome?: { kind: string } };
    const came = event.type === '@outcome' ? `${event['name']}.${answer?.kind}` : event.type;
    this.hitIf(call !== undefined && outcome === 'ignored', 'an outcome comes after its call was closed');
    this.hitIf(reason?.code === 'CHANNEL_TAKEN', 'a channel is refused to a second user');
    this.hitIf(
      type === 'order' && came === 'owned' && outcome === 'done',
      'a bound channel answers an order that asked',
    );
    this.hitIf(type === 'order' && came === 'claim' && outcome === 'done', 'an order is claimed');
  }

  #withdrawal({ snapshot, messages, node }: JournalRecord, previous: JournalRecord | undefined): void {
    this.hit(`withdrawal is ${leafOf(snapshot.value)}`);
    const { incident, refusal, trouble } = snapshot.context as Record<string, { code: string } | null>;
    this.hitIf(incident != null, 'a payout turns up after its release');
    this.hitIf(refusal != null, 'a definite no is doubted');
    this.hitIf(trouble?.code === 'ATTEMPT_LOST', 'an attempt is lost');
    this.hitIf(previous !== undefined && previous.node !== node, 'two nodes write one withdrawal');
    for (const { event } of messages) {
      this.hitIf(event.type === 'holdRefused', `hold refused ${event['code']}`);
    }
  }

  #balance({ snapshot, rows, messages, tells }: JournalRecord): void {
    const { debt } = snapshot.context as { debt: number };
    this.hitIf(debt > 0, 'a user is in debt');
    for (const { data } of rows) this.hit(`ledger line ${data['kind']}`);
    const isFence = messages.some(({ event }) => event.type === 'release') && rows.length === 0 && tells.length > 0;
    this.hitIf(isFence, 'a release comes before its hold');
    for (const { event } of tells) this.hitIf(event.type === 'holdRefused', `hold refused ${event['code']}`);
  }

  #order({ snapshot, messages }: JournalRecord, previous: JournalRecord | undefined): void {
    const before = (previous?.snapshot.context['row'] as { status: number } | null | undefined)?.status;
    const after = (snapshot.context['row'] as { status: number } | null | undefined)?.status;
    this.hitIf(before === 13 && after !== 13, 'an order goes from closed to open');
    const isTakenBack =
      previous?.snapshot.context['isReleased'] === true && messages.some(({ event }) => event.type === 'refund');
    this.hitIf(isTakenBack, 'a refund takes a released rebate back');
  }

  /** How many of the machines' transitions were taken, of how many. */
  transitions(definitions: readonly ActorDefinition[]): { readonly possible: number; readonly unseen: string[] } {
    const possible = new Set(definitions.flatMap(({ machine }) => transitionsOf(machine)));
    return { possible: possible.size, unseen: [...possible].filter((edge) => !this.edges.has(edge)) };
  }
}

function transitionsOf(machine: AnyStateMachine): string[] {
  const nodesOf = (node: AnyStateNode): AnyStateNode[] => [node, ...Object.values(node.states).flatMap(nodesOf)];
  return nodesOf(machine.root).flatMap((node) => [...node.transitions.values()].flat().map(edgeOf));
}
