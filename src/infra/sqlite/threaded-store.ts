/**
 * The embedded store as the server's thread sees it: ports whose work is done in the store's thread.
 *
 * Owns the thread. Invariants:
 * H1  Requests are done in the order they were made, so a read sees every write asked for before it.
 * H2  A thread that ends unasked takes the process with it: what it had been asked is unknown, and only a start that
 *     takes over from the journal may go on.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { ActorError } from '../../actors/errors.ts';
import type { AppendResult, Journal, Projections, RecordedOutcome } from '../../actors/ports.ts';
import type { UserKeys } from '../sealing/sealer.ts';
import { toLine } from './journal-line.ts';
import {
  type PackedRecord,
  type StorePart,
  type StoreReply,
  type StoreRequest,
  unpackError,
  unpackRecord,
  WRITES,
} from './store-messages.ts';

export interface ThreadedStore {
  readonly journal: Journal;
  readonly projections: Projections;
  readonly userKeys: UserKeys;
  /** Waits for what was asked before, closes the file and ends the thread. Again is fine. */
  close(): Promise<void>;
}

type Ask = <T>(part: StorePart, method: string, ...args: readonly unknown[]) => Promise<T>;

interface Pending {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

/** @throws STORE_OWNED, STORE_CORRUPT, STORE_UNFIT (see `openSqliteDatabase`) */
export async function openThreadedStore(dataDir: string): Promise<ThreadedStore> {
  const worker = new Worker(new URL('./store-thread.ts', import.meta.url), { workerData: { dataDir } });
  const pending = new Map<number, Pending>();
  let gathered: StoreRequest[] = [];
  let lastId = 0;
  let closing: Promise<void> | undefined;
  const expect = <T>(id: number): Promise<T> =>
    new Promise<T>((resolve, reject) => pending.set(id, { resolve, reject }));

  worker.on('message', (replies: readonly StoreReply[]) => {
    for (const reply of replies) {
      const asked = pending.get(reply.id);
      pending.delete(reply.id);
      if ('error' in reply) asked?.reject(unpackError(reply.error));
      else asked?.resolve(reply.value as never);
    }
  });
  worker.on('error', (error) => {
    throw error;
  });
  const ask: Ask = (part, method, ...args) => {
    if (closing !== undefined) return Promise.reject(new ActorError('STORE_UNAVAILABLE', 'the store is closed'));
    lastId += 1;
    // What is asked before the event loop turns crosses in one message, since each costs as much as the insert of a
    // record; but what takes long is begun at once.
    if (gathered.length === 0) process.nextTick(send);
    gathered.push({ id: lastId, part, method, args });
    if (WRITES.has(method)) send();
    return expect(lastId);
  };
  const send = () => {
    if (gathered.length > 0) worker.postMessage(gathered);
    gathered = [];
  };
  const end = async () => {
    const ended = once(worker, 'exit');
    send();
    worker.postMessage('close');
    await ended;
  };

  try {
    await expect(0);
  } catch (error) {
    await worker.terminate();
    throw error;
  }
  return {
    journal: journalOver(ask),
    projections: projectionsOver(ask),
    userKeys: {
      get: (userId) => ask('userKeys', 'get', userId),
      put: (userId, wrapped) => ask('userKeys', 'put', userId, wrapped),
      erase: (userId) => ask('userKeys', 'erase', userId),
      mark: (userId, mark) => ask('userKeys', 'mark', userId, mark),
      marked: (mark, limit) => ask('userKeys', 'marked', mark, limit),
    },
    close() {
      closing ??= end();
      return closing;
    },
  };
}

function journalOver(ask: Ask): Journal {
  const one = async (packed: Promise<PackedRecord | undefined>) => {
    const record = await packed;
    return record && unpackRecord(record);
  };
  const many = async (packed: Promise<readonly PackedRecord[]>) => (await packed).map(unpackRecord);
  return {
    // One is written while the next is on its way and a third gathers: a fourth only makes the groups smaller.
    concurrency: 3,
    gatherMs: 0,
    append: (records) => ask<readonly AppendResult[]>('journal', 'appendLines', records.map(toLine)),
    last: (actor) => one(ask('journal', 'last', actor)),
    at: (actor, seq) => one(ask('journal', 'at', actor, seq)),
    page: (actor, after, limit) => many(ask('journal', 'page', actor, after, limit)),
    committedBy: (node, afterBatch, limit) => many(ask('journal', 'committedBy', node, afterBatch, limit)),
    outcomes: (actor, ids) => ask<ReadonlyMap<string, RecordedOutcome>>('journal', 'outcomes', actor, ids),
    actors: (after, limit) => ask('journal', 'actors', after, limit),
  };
}

function projectionsOver(ask: Ask): Projections {
  const forward =
    <K extends keyof Projections>(method: K) =>
    (...args: Parameters<Projections[K]>): ReturnType<Projections[K]> =>
      ask('projections', method, ...args) as ReturnType<Projections[K]>;
  return {
    project: forward('project'),
    head: forward('head'),
    headsOf: forward('headsOf'),
    heads: forward('heads'),
    countStates: forward('countStates'),
    rows: forward('rows'),
    due: forward('due'),
    clear: forward('clear'),
    heartbeat: forward('heartbeat'),
    nodes: forward('nodes'),
    settleNode: forward('settleNode'),
    addUndelivered: forward('addUndelivered'),
    undeliveredDue: forward('undeliveredDue'),
    undeliveredTo: forward('undeliveredTo'),
    postponeUndelivered: forward('postponeUndelivered'),
    removeUndelivered: forward('removeUndelivered'),
    undeliveredCount: forward('undeliveredCount'),
    addTraffic: forward('addTraffic'),
    traffic: forward('traffic'),
    dropTraffic: forward('dropTraffic'),
  };
}
