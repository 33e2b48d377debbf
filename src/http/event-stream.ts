import type { FastifyReply } from 'fastify';
import type { Clock } from '../actors/ports.ts';

const HEARTBEAT_MS = 15_000;
/** A client that lost its connection comes back after about this long. */
const RETRY_MS = 3_000;

/**
 * Begins to answer with a stream of server-sent events, which its caller writes and ends. The reply itself says what it is:
 * a response that is written past it need not remember its headers, and who measures answers asks for them at its end.
 */
export function beginStream(reply: FastifyReply): FastifyReply['raw'] {
  reply.header('content-type', 'text/event-stream; charset=utf-8').header('x-accel-buffering', 'no').hijack();
  reply.raw.writeHead(200, reply.getHeaders() as Record<string, string>);
  return reply.raw;
}

interface StreamOptions<T> {
  readonly clock: Pick<Clock, 'after'>;
  /** What is so now; each event carries all of it, so a client that missed some has missed nothing. */
  readonly read: () => Promise<T>;
  /** Calls `changed` after each change, until the returned function is called. */
  readonly subscribe: (changed: () => void) => () => void;
  readonly event: string;
  /** Changes that follow each other sooner become one event; one that changes nothing that is shown is none. */
  readonly leastPauseMs: number;
  readonly onEnd: () => void;
}

/**
 * Answers with a stream of server-sent events: the present state at once, then again after changes. A client that does
 * not read gets no more until it does, and then only what is so by then; nothing is kept for it. A comment now and then
 * keeps the connection. Returns how to end it; `onEnd` is called once, whoever ends it.
 */
export function streamState<T>(reply: FastifyReply, options: StreamOptions<T>): () => void {
  const { clock, read, event, leastPauseMs } = options;
  const raw = beginStream(reply.header('cache-control', 'no-store'));
  let number = 0;
  let lastText = '';
  let isEnded = false;
  let isBlocked = false;
  let hasChanged = true;
  let cancelPause: (() => void) | undefined;

  const write = (text: string) => {
    if (!isEnded && !isBlocked) isBlocked = !raw.write(text);
  };
  const send = async () => {
    const text = JSON.stringify(await read());
    // What changed until now is in it.
    hasChanged = false;
    if (text === lastText) return;
    lastText = text;
    number += 1;
    write(`id: ${number}\nevent: ${event}\ndata: ${text}\n\n`);
  };
  const sendSoon = () => {
    if (isEnded || isBlocked || cancelPause !== undefined || !hasChanged) return;
    cancelPause = clock.after(leastPauseMs, () => {
      cancelPause = undefined;
      sendSoon();
    });
    send().catch(end);
  };
  const beat = () => {
    write(': beat\n\n');
    cancelBeat = clock.after(HEARTBEAT_MS, beat);
  };
  let cancelBeat = clock.after(HEARTBEAT_MS, beat);
  const unsubscribe = options.subscribe(() => {
    hasChanged = true;
    sendSoon();
  });

  function end(): void {
    if (isEnded) return;
    isEnded = true;
    cancelPause?.();
    cancelBeat();
    unsubscribe();
    raw.end();
    options.onEnd();
  }

  raw.on('drain', () => {
    isBlocked = false;
    sendSoon();
  });
  raw.on('close', end);
  write(`retry: ${RETRY_MS}\n\n`);
  sendSoon();
  return end;
}
