/**
 * The sandbox's HTTP door: a small server with bounded bodies and times, and answers that can also be a broken line.
 *
 * Owns: reading a request whole, parameters from query and form together (both partners sign the two sets as one), and
 * the reset that stands for a lost answer. It listens on the loopback interface for tests and demos only.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Log } from '../../actors/ports.ts';

export interface Request {
  readonly method: string;
  readonly path: string;
  readonly contentType: string;
  readonly query: URLSearchParams;
  readonly body: string;
}

export type Answer =
  | { readonly kind: 'reply'; readonly status: number; readonly type: string; readonly body: string }
  | { readonly kind: 'redirect'; readonly location: string }
  | { readonly kind: 'reset' };

const MAX_BODY_BYTES = 16 * 1024 * 1024;

export function reply(status: number, type: string, body: string): Answer {
  return { kind: 'reply', status, type, body };
}

export function redirect(location: string): Answer {
  return { kind: 'redirect', location };
}

/** The parameters of query and form together; a name given twice keeps its last value. */
export function parametersOf(request: Request): ReadonlyMap<string, string> {
  return new Map([...request.query, ...new URLSearchParams(request.body)]);
}

export interface Door {
  readonly url: string;
  /** Takes no more requests and breaks those still open. Idempotent. */
  close(): Promise<void>;
}

/** Listens and answers every request by `handle`; a thrown error is a 500. @throws what listening throws (port taken) */
export async function openDoor(
  options: { readonly host: string; readonly port: number; readonly log: Log },
  handle: (request: Request) => Promise<Answer>,
): Promise<Door> {
  const server = createServer({ requestTimeout: 30_000, headersTimeout: 10_000 }, (incoming, response) => {
    answer(incoming, response, handle).catch((error: unknown) => {
      options.log.error('the sandbox failed to answer', { path: incoming.url?.split('?')[0], error: String(error) });
      if (response.headersSent) response.destroy();
      else response.writeHead(500, { 'content-type': 'text/plain' }).end('sandbox failure');
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${options.host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  incoming: IncomingMessage,
  response: ServerResponse,
  handle: (request: Request) => Promise<Answer>,
): Promise<void> {
  const body = await readBody(incoming);
  if (body === undefined) {
    response.writeHead(413, { 'content-type': 'text/plain', connection: 'close' }).end('body too large');
    return;
  }
  const url = new URL(incoming.url ?? '/', 'http://sandbox');
  const answered = await handle({
    method: incoming.method ?? 'GET',
    path: url.pathname,
    contentType: incoming.headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '',
    query: url.searchParams,
    body,
  });
  if (answered.kind === 'reset') {
    incoming.socket.resetAndDestroy();
    return;
  }
  if (answered.kind === 'redirect') {
    response.writeHead(302, { location: answered.location }).end();
    return;
  }
  response.writeHead(answered.status, { 'content-type': answered.type }).end(answered.body);
}

async function readBody(incoming: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
