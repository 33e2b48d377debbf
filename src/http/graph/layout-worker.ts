/** The layout thread's entry: lays out one graph after the other with ELK, in the order asked. */
import { parentPort } from 'node:worker_threads';
import elkjs, { type ElkNode } from 'elkjs';
import type { LayoutReply, LayoutRequest } from './layout-thread.ts';

const port = parentPort;
if (port === null) throw new Error('this file is the entry of a worker thread');

const elk = new elkjs.default();

port.on('message', ({ id, graph }: LayoutRequest) => {
  elk.layout(graph as ElkNode).then(
    (laidOut) => port.postMessage({ id, laidOut: plain(laidOut) } satisfies LayoutReply),
    (error: unknown) => port.postMessage({ id, error: String(error) } satisfies LayoutReply),
  );
});

/** Without ELK's own bookkeeping (`$H`), which differs from run to run. */
function plain(laidOut: unknown): ElkNode {
  return JSON.parse(JSON.stringify(laidOut, (key, value) => (key === '$H' ? undefined : value))) as ElkNode;
}
