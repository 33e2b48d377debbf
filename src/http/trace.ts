import { hash } from 'node:crypto';
import type { Ids } from '../actors/ports.ts';

/** A W3C trace context: the caller's trace id if it sent one, and a span of our own. */
export interface Trace {
  readonly traceId: string;
  readonly traceparent: string;
}

/** Goes on with the trace of a valid `traceparent` header, else begins one. */
export type BeginTrace = (traceparent: string | undefined) => Trace;

const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/;
const ID_DIGITS = 32;
const OWN_BYTES = 24;
const TRACES_PER_DRAW = 64;

/** Spans and trace ids are drawn for many requests at once, from one unguessable text. */
export function createTraces(ids: Pick<Ids, 'random'>): BeginTrace {
  const drawn = Buffer.alloc(TRACES_PER_DRAW * OWN_BYTES);
  let used = drawn.length;
  const drawOwn = () => {
    if (used === drawn.length) {
      const options = { outputLength: drawn.length, outputEncoding: 'hex' } as const;
      drawn.write(hash('shake256', ids.random(), options), 'hex');
      used = 0;
    }
    used += OWN_BYTES;
    return drawn.toString('hex', used - OWN_BYTES, used);
  };
  return (traceparent) => {
    const own = drawOwn();
    const given = traceparent === undefined ? null : TRACEPARENT.exec(traceparent);
    if (given === null || traceparent?.startsWith('ff')) return new OwnedTrace(own.slice(0, ID_DIGITS), own, '01');
    const [, traceId = '', parentId = '', flags = ''] = given;
    const isValid = !/^0+$/.test(traceId) && !/^0+$/.test(parentId);
    return isValid ? new OwnedTrace(traceId, own, flags) : new OwnedTrace(own.slice(0, ID_DIGITS), own, '01');
  };
}

/** Most requests change nothing and never ask for their `traceparent`. */
class OwnedTrace implements Trace {
  readonly traceId: string;
  readonly #own: string;
  readonly #flags: string;

  constructor(traceId: string, own: string, flags: string) {
    this.traceId = traceId;
    this.#own = own;
    this.#flags = flags;
  }

  get traceparent(): string {
    return `00-${this.traceId}-${this.#own.slice(ID_DIGITS)}-${this.#flags}`;
  }
}

/** The trace id within a stored traceparent, or null. */
export function traceIdOf(traceparent: string | undefined): string | null {
  return TRACEPARENT.exec(traceparent ?? '')?.[1] ?? null;
}
