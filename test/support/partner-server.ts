/**
 * What tests of partner clients share: a local HTTP server that answers as told, and a clock that only moves by hand.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock, Log } from '../../src/actors/ports.ts';

export interface PartnerServer {
  readonly url: string;
  /** The query and form parameters of each request, in the order of arrival. */
  readonly arrivals: Readonly<Record<string, string>>[];
  /** What the next requests are answered by; the last one stays. */
  answer: (params: Readonly<Record<string, string>>, response: ServerResponse, request: IncomingMessage) => void;
  close(): Promise<void>;
}

export async function startPartnerServer(): Promise<PartnerServer> {
  const arrivals: Readonly<Record<string, string>>[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const query = new URL(request.url ?? '/', 'http://partner').searchParams;
    const params = Object.fromEntries([...query, ...new URLSearchParams(body)]);
    arrivals.push(params);
    partner.answer(params, response, request);
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const partner: PartnerServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/gateway`,
    arrivals,
    answer: (_params, response) => response.end('{}'),
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
  return partner;
}

export interface ManualClock extends Clock {
  time: number;
  /** Runs what waits, as if all the time it waits for had passed. */
  fire(): void;
}

export function manualClock(time: number): ManualClock {
  const waiting = new Set<() => void>();
  const clock: ManualClock = {
    time,
    now: () => clock.time,
    after(_ms, fn) {
      waiting.add(fn);
      return () => waiting.delete(fn);
    },
    soon: (fn) => setImmediate(fn),
    fire() {
      const due = [...waiting];
      waiting.clear();
      for (const fn of due) fn();
    },
  };
  return clock;
}

export interface LoggedLine {
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A log that keeps its lines. */
export function keepingLog(): Log & { readonly lines: LoggedLine[] } {
  const lines: LoggedLine[] = [];
  const keep = (message: string, fields: Record<string, unknown> = {}) => void lines.push({ message, fields });
  return { lines, debug: keep, info: keep, warn: keep, error: keep };
}
