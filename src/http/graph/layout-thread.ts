/**
 * Layout in a thread of its own, so that no request ever waits behind ELK. The thread is started by the first graph and
 * ended when nothing was asked of it for a while: ELK is large, and after the charts are warm it is seldom needed.
 */
import { Worker } from 'node:worker_threads';
import type { ElkNode } from 'elkjs';
import type { Clock } from '../../actors/ports.ts';

const IDLE_MS = 30_000;

export interface LayoutRequest {
  readonly id: number;
  readonly graph: ElkNode;
}

export type LayoutReply =
  | { readonly id: number; readonly laidOut: ElkNode }
  | { readonly id: number; readonly error: string };

/** Places the nodes of a graph and routes its edges. */
export type Layout = (graph: ElkNode) => Promise<ElkNode>;

interface Asked {
  readonly resolve: (laidOut: ElkNode) => void;
  readonly reject: (error: Error) => void;
}

/** A layout whose promise is rejected when ELK cannot place the graph or its thread ends. */
export function createLayout(clock: Pick<Clock, 'after'>): Layout {
  let worker: Worker | undefined;
  let lastId = 0;
  let asked = new Map<number, Asked>();
  let stayAwake = () => {};

  /** Ends the thread; what it was asked and has not answered fails. */
  const end = (from: Worker, error?: Error) => {
    if (worker !== from) return;
    worker = undefined;
    const lost = asked;
    asked = new Map();
    for (const { reject } of lost.values()) reject(error ?? new Error('the layout thread ended'));
    void from.terminate();
  };

  const start = (): Worker => {
    const started = new Worker(new URL('./layout-worker.ts', import.meta.url));
    started.on('message', (reply: LayoutReply) => {
      const request = asked.get(reply.id);
      asked.delete(reply.id);
      if ('error' in reply) request?.reject(new Error(reply.error));
      else request?.resolve(reply.laidOut);
      if (asked.size > 0) return;
      // With nothing to do it keeps no process alive.
      started.unref();
      stayAwake = clock.after(IDLE_MS, () => end(started));
    });
    started.on('error', (error: Error) => end(started, error));
    started.on('exit', () => end(started));
    return started;
  };

  return (graph) =>
    new Promise((resolve, reject) => {
      stayAwake();
      worker ??= start();
      worker.ref();
      lastId += 1;
      asked.set(lastId, { resolve, reject });
      worker.postMessage({ id: lastId, graph } satisfies LayoutRequest);
    });
}
