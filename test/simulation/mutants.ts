/**
 * Planted bugs: what the simulator must find, or it would not find the real ones either. Each breaks one promise of a
 * port, of the runtime as its ports see it, or of a machine.
 */
import { assign } from 'xstate';
import type { Address } from '../../src/actors/address.ts';
import type { AppendResult, Journal, Projections, RecordedOutcome } from '../../src/actors/ports.ts';
import type { JournalRecord } from '../../src/actors/record.ts';
import type { ActorDefinition } from '../../src/actors/registry.ts';
import type { AlipayAnswer, AlipayGateway } from '../../src/infra/alipay/alipay-gateway.ts';
import { MemoryJournal } from '../support/memory-journal.ts';
import type { Profile } from './profile.ts';
import type { NodePorts, Sabotage } from './world.ts';

export interface Mutant {
  readonly name: string;
  /** What reports it, as the beginning of a violation. */
  readonly caughtBy: RegExp;
  readonly sabotage: Sabotage;
  /** Where the bug is at home, when that is a rare place. */
  readonly adjust?: (profile: Profile) => Profile;
}

const withTroubledPayouts = (profile: Profile): Profile => ({
  ...profile,
  payout: { ...profile.payout, manners: { refusesAtFirst: 1, pays: 1 } },
  faults: { ...profile.faults, payoutDoubt: 0.6 },
  withdrawalCount: profile.withdrawalCount * 4,
});

const withStorms = (profile: Profile): Profile => ({
  ...profile,
  faults: { ...profile.faults, stormCount: 8, intensity: Math.max(profile.faults.intensity, 0.1) },
});

const withLateWrites = (profile: Profile): Profile => ({
  ...profile,
  runtime: { ...profile.runtime, nodeDeadMs: 2_000, nodeRetireMs: 2_000 },
  faults: { ...profile.faults, intensity: 0.8 },
});

const TRANSFER = 'alipay.fund.trans.uni.transfer';

const onJournal = (change: (journal: Journal) => Partial<Journal>): Sabotage => ({
  ports: (ports) => ({ ...ports, journal: { ...ports.journal, ...change(ports.journal) } }),
});

const onProjections = (change: (projections: Projections) => Partial<Projections>): Sabotage => ({
  ports: (ports) => ({ ...ports, projections: { ...ports.projections, ...change(ports.projections) } }),
});

type Transfer = (gateway: AlipayGateway, biz: Record<string, unknown>) => Promise<AlipayAnswer>;

const onTransfers = (make: () => Transfer): Sabotage => ({
  ports: (ports: NodePorts) => {
    const transfer = make();
    const { gateway } = ports;
    const exec: AlipayGateway['exec'] = (method, biz) =>
      method === TRANSFER ? transfer(gateway, biz) : gateway.exec(method, biz);
    return { ...ports, gateway: { exec } };
  },
});

const onMachine = (type: string, implementations: object): Sabotage => ({
  definitions: (definitions) =>
    definitions.map((definition: ActorDefinition) =>
      definition.type === type
        ? { ...definition, machine: definition.machine.provide(implementations as never) }
        : definition,
    ),
});

const NOTHING = assign({});

/** Keeps every record, but a message id is unique within one record only. */
class ForgetfulJournal extends MemoryJournal {
  override async append(records: readonly JournalRecord[]): Promise<readonly AppendResult[]> {
    return super.append(records.map((record) => renamed(record, (id) => `${id}@${record.seq}`)));
  }

  override async last(actor: Address): Promise<JournalRecord | undefined> {
    return restored(await super.last(actor));
  }

  override async at(actor: Address, seq: number): Promise<JournalRecord | undefined> {
    return restored(await super.at(actor, seq));
  }

  override async committedBy(node: string, afterBatch: number, limit: number): Promise<readonly JournalRecord[]> {
    return (await super.committedBy(node, afterBatch, limit)).flatMap((record) => restored(record) ?? []);
  }

  override async outcomes(): Promise<ReadonlyMap<string, RecordedOutcome>> {
    return new Map();
  }
}

function renamed(record: JournalRecord, rename: (id: string) => string): JournalRecord {
  return { ...record, messages: record.messages.map((message) => ({ ...message, id: rename(message.id) })) };
}

function restored(record: JournalRecord | undefined): JournalRecord | undefined {
  return record === undefined ? undefined : renamed(record, (id) => id.slice(0, id.lastIndexOf('@')));
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'no inbox: a message already in the journal is taken again',
    caughtBy: /J2/,
    sabotage: { createJournal: () => new ForgetfulJournal() },
  },
  {
    name: 'a new out_biz_no for each attempt',
    caughtBy: /I6|I14/,
    sabotage: onTransfers(() => {
      let attempts = 0;
      return (gateway, biz) => {
        attempts += 1;
        return gateway.exec(TRANSFER, { ...biz, out_biz_no: `${biz['out_biz_no']}${attempts > 1 ? attempts : ''}` });
      };
    }),
  },
  {
    name: 'a timeout is taken for a refusal',
    caughtBy: /I7/,
    sabotage: onTransfers(() => async (gateway, biz) => {
      const answer = await gateway.exec(TRANSFER, biz);
      return answer.kind === 'none'
        ? { kind: 'answer', code: '40004', subCode: 'PAYEE_NOT_EXIST', fields: {} }
        : answer;
    }),
  },
  {
    name: 'an order tells a difference again',
    caughtBy: /I4/,
    sabotage: onMachine('order', { actions: { noteTold: NOTHING } }),
  },
  {
    name: 'a record is acknowledged before it is stored',
    caughtBy: /I8|J2|J7|I10/,
    sabotage: onJournal((journal) => ({
      append: async (records) => {
        journal.append(records).catch(() => {});
        return records.map(() => 'inserted' as const);
      },
    })),
  },
  {
    name: 'an unknown insert is taken for a stored one',
    caughtBy: /I8|J2|J7|I10/,
    sabotage: onJournal((journal) => ({
      append: async (records) => {
        const results = await journal.append(records);
        return results.map((result) => (result === 'unknown' ? 'inserted' : result));
      },
    })),
  },
  {
    name: 'tells live in memory only: the watermark does not wait for them',
    caughtBy: /J7/,
    sabotage: onProjections((projections) => ({
      heartbeat: (node) => projections.heartbeat({ ...node, watermark: node.batch }),
    })),
  },
  {
    name: 'undelivered tells are not stored',
    caughtBy: /J7|I21/,
    sabotage: onProjections(() => ({ addUndelivered: async () => {} })),
    adjust: withStorms,
  },
  {
    name: 'list rows are lost behind a success',
    caughtBy: /J6|J7|I21/,
    sabotage: onProjections((projections) => ({ project: (heads) => projections.project(heads, []) })),
  },
  {
    name: 'silent nodes are never looked for',
    caughtBy: /I21/,
    sabotage: onProjections(() => ({ nodes: async () => [] })),
  },
  {
    name: 'a silent node is retired before its records are taken over',
    caughtBy: /J7.*was retired/,
    sabotage: onJournal(() => ({ committedBy: async () => [] })),
  },
  {
    name: 'nobody looks any more for what a retired node may still have sent',
    caughtBy: /I21/,
    sabotage: onProjections((projections) => ({
      settleNode: (id, settlement) =>
        projections.settleNode(id, { ...settlement, closed: settlement.retired === true }),
    })),
    adjust: withLateWrites,
  },
  {
    name: 'due timers are found in memory only',
    caughtBy: /I21/,
    sabotage: onProjections(() => ({ due: async () => [] })),
  },
  {
    name: 'a hold is accepted without funds',
    caughtBy: /I3|I5|I21/,
    sabotage: onMachine('balance', { guards: { isHoldable: () => true } }),
  },
  {
    name: 'a definite no counts while an earlier attempt is unaccounted for',
    caughtBy: /I7/,
    sabotage: onMachine('withdrawal', { guards: { isAccounted: () => true } }),
    adjust: withTroubledPayouts,
  },
  {
    name: 'a payout not found at the partner is given up at once',
    caughtBy: /I7|I21/,
    sabotage: onMachine('withdrawal', {
      guards: {
        provesNo: ({ event }: { event: { output: { status: string } } }) => event.output.status === 'NOT_FOUND',
      },
    }),
  },
  {
    name: 'a refund does not take anything back',
    caughtBy: /I4|I18/,
    sabotage: onMachine('order', { actions: { takeRefund: NOTHING } }),
  },
  {
    name: 'an older row counts as the newest',
    caughtBy: /I4|I18/,
    sabotage: onMachine('order', {
      actions: { takeRow: assign(({ event }: { event: { row?: object } }) => ({ row: event.row })) },
    }),
  },
  {
    name: 'above the limit nobody is asked',
    caughtBy: /I19/,
    sabotage: onMachine('withdrawal', { guards: { needsReview: () => false } }),
  },
];
