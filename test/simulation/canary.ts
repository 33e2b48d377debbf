/**
 * Damage planted in durable state, which the checker must report: a run of seeds without such a report proves nothing.
 */
import { createHash } from 'node:crypto';
import type { JournalRecord } from '../../src/actors/record.ts';
import type { Random } from './random.ts';
import type { Sabotage } from './world.ts';

type Damage = (record: JournalRecord) => JournalRecord | undefined;

const MONEY_TELLS = ['post', 'capture', 'debit'];

/** Undefined where there is nothing of the kind to damage. */
const DAMAGES: Readonly<Record<string, Damage>> = {
  'a ledger row is dropped': (record) =>
    record.rows.length === 0 ? undefined : rehashed({ ...record, rows: record.rows.slice(1) }),
  'an amount is one fen more': (record) => {
    const { available } = record.snapshot.context;
    if (typeof available !== 'number') return undefined;
    return rehashed(withContext(record, { available: available + 1 }));
  },
  'a byte flips': (record) => (record.hash === undefined ? undefined : { ...record, at: record.at + 1 }),
  // A lost hold or answer heals by the hold's window, a question is asked again: only what moves money must be missed.
  'a tell is dropped': (record) => {
    const tell = record.tells.find(({ event }) => MONEY_TELLS.includes(event.type));
    return tell && rehashed({ ...record, tells: record.tells.filter((each) => each !== tell) });
  },
  'a tell names another amount': (record) => {
    const tell = record.tells.find(({ event }) => event.type === 'post');
    if (tell === undefined) return undefined;
    const event = { ...tell.event, pendingFen: Number(tell.event['pendingFen']) + 100 };
    return { ...record, tells: record.tells.map((each) => (each === tell ? { ...each, event } : each)) };
  },
  'an outcome is turned round': (record) => {
    const [first, ...rest] = record.messages;
    if (first === undefined || first.id !== 'request') return undefined;
    return rehashed({ ...record, messages: [{ ...first, outcome: 'refused' }, ...rest] });
  },
};

function withContext(record: JournalRecord, change: object): JournalRecord {
  const context = { ...record.snapshot.context, ...change } as JournalRecord['snapshot']['context'];
  return { ...record, snapshot: { ...record.snapshot, context } };
}

/** As a program with a bug would have written it: the damage alone is wrong. */
function rehashed(record: JournalRecord): JournalRecord {
  if (record.hash === undefined) return record;
  const { hash: _, ...rest } = record;
  return { ...rest, hash: createHash('sha256').update(JSON.stringify(rest)).digest('base64url') };
}

export interface Canary {
  readonly damage: string;
  readonly sabotage: Sabotage;
  /** Whether the damage was done: there may be nothing of the kind to damage, or it may never have been stored. */
  readonly isPlanted: () => boolean;
}

/** One damage of a drawn kind, at one of the first records it fits. */
export function drawCanary(random: Random): Canary {
  const damage = random.pick(Object.keys(DAMAGES));
  let skip = random.between(0, 3);
  let planted: string | undefined;
  const tamper = (record: JournalRecord): JournalRecord => {
    const name = `${record.actor}#${record.seq}`;
    if (planted !== undefined && planted !== name) return record;
    const changed = DAMAGES[damage]?.(record);
    if (changed === undefined) return record;
    skip -= 1;
    if (skip >= 0) return record;
    planted = name;
    return changed;
  };
  let isPlanted = () => false;
  const plant: Sabotage['plant'] = ({ store }) => {
    store.tamper = tamper;
    isPlanted = () => store.damagedCount > 0;
  };
  return { damage, sabotage: { plant }, isPlanted: () => isPlanted() };
}
