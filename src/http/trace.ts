import { hash } from 'node:crypto';

/** A W3C trace context: the caller's trace id if it sent one, and a span of our own. */
export interface Trace {
  readonly traceId: string;
  readonly traceparent: string;
}

const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/;

/** Goes on with the trace of a valid `traceparent` header, else begins one. `random` is any unguessable text. */
export function traceOf(traceparent: string | undefined, random: string): Trace {
  const own = hash('sha256', random, 'hex');
  const given = TRACEPARENT.exec(traceparent ?? '');
  const [, traceId, parentId, flags] = given ?? [];
  const isValid =
    traceId !== undefined && !/^0+$/.test(traceId) && !/^0+$/.test(parentId ?? '') && !traceparent?.startsWith('ff');
  const id = isValid ? traceId : own.slice(0, 32);
  return { traceId: id, traceparent: `00-${id}-${own.slice(32, 48)}-${isValid ? flags : '01'}` };
}

/** The trace id within a stored traceparent, or null. */
export function traceIdOf(traceparent: string | undefined): string | null {
  return TRACEPARENT.exec(traceparent ?? '')?.[1] ?? null;
}
