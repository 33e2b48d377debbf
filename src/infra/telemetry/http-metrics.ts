/**
 * Answers to HTTP requests as metrics, under OpenTelemetry's names so that stock dashboards fit.
 *
 * Owns the counts. Invariant: labels are a route's pattern, never a path: a request for no route is `none`.
 */
import { Counter, Gauge, type Registry } from 'prom-client';
import { Durations } from '../../actors/telemetry.ts';
import { durationSamples, type Labels, registerRead } from './read-metric.ts';

/** An answered request. */
interface Answered {
  readonly method: string;
  /** The route's pattern; undefined when there is none. */
  readonly route: string | undefined;
  readonly status: number;
  readonly durationMs: number;
  /** The code of the problem it was answered by. */
  readonly problem: string | undefined;
  /** The answer of an earlier request with the same idempotency key. */
  readonly isReplay: boolean;
  /** It went on for as long as somebody listened. */
  readonly isStream: boolean;
}

export interface HttpMetrics {
  began(method: string): void;
  answered(answered: Answered): void;
  /** Somebody listens to a stream, until the returned function is called. */
  streamOpened(audience: 'ops' | 'console'): () => void;
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'] as const;
const KNOWN_METHODS: ReadonlySet<string> = new Set(METHODS);
const KEYED_OPERATIONS: Readonly<Record<string, string>> = { 'POST /v1/withdrawals': 'withdrawal' };
const KEY_RESULTS = ['new', 'replayed', 'mismatch_422', 'missing_400'] as const;
const KEY_PROBLEMS: Readonly<Record<string, (typeof KEY_RESULTS)[number]>> = {
  IDEMPOTENCY_KEY_REUSED: 'mismatch_422',
  IDEMPOTENCY_KEY_REQUIRED: 'missing_400',
  IDEMPOTENCY_KEY_INVALID: 'missing_400',
};

/** The answers of one route to one method with one status. */
interface Series {
  readonly labels: Labels;
  readonly durations: Durations;
  /** Of requests that must carry an idempotency key. */
  readonly operation: string | undefined;
}

/** Registers them; a server tells the returned object what it does. Its figures are plain, and read at a scrape. */
export function registerHttpMetrics(registry: Registry): HttpMetrics {
  const series = registerDurations(registry);
  const active = registerActive(registry);
  const registers = [registry];
  const keys = new Counter({
    name: 'rebate_idempotency_requests_total',
    help: 'Requests that must carry an idempotency key, by what the key meant',
    labelNames: ['operation', 'result'] as const,
    registers,
  });
  const streams = new Gauge({
    name: 'rebate_sse_connections',
    help: 'Open event streams',
    labelNames: ['audience'] as const,
    registers,
  });
  for (const operation of Object.values(KEYED_OPERATIONS)) {
    for (const result of KEY_RESULTS) keys.inc({ operation, result }, 0);
  }
  for (const audience of ['ops', 'console'] as const) streams.set({ audience }, 0);

  return {
    began: (method) => active.add(methodOf(method), 1),
    answered: (answer) => {
      const { route = 'none', status, durationMs, isStream } = answer;
      const method = methodOf(answer.method);
      active.add(method, -1);
      const { durations, operation } = series(method, route, status);
      if (!isStream) durations.note(durationMs);
      if (operation === undefined) return;
      const result = keyResultOf(answer);
      if (result !== undefined) keys.inc({ operation, result });
    },
    streamOpened: (audience) => {
      streams.inc({ audience });
      let isOpen = true;
      return () => {
        if (isOpen) streams.dec({ audience });
        isOpen = false;
      };
    },
  };
}

function registerDurations(registry: Registry): (method: string, route: string, status: number) => Series {
  const info = {
    name: 'http_server_request_duration_seconds',
    type: 'histogram',
    help: 'From a request to the end of its answer',
    labels: ['http_request_method', 'http_route', 'http_response_status_code'],
  } as const;
  const all: Series[] = [];
  registerRead(registry, info, () =>
    all.flatMap(({ labels, durations }) =>
      durations.count === 0 ? [] : durationSamples(info.name, labels, durations),
    ),
  );
  const byRoute = new Map<string, Map<string, Map<number, Series>>>();
  return (method, route, status) => {
    const known = byRoute.get(route)?.get(method)?.get(status);
    if (known !== undefined) return known;
    const made: Series = {
      labels: { http_request_method: method, http_route: route, http_response_status_code: String(status) },
      durations: new Durations(),
      operation: KEYED_OPERATIONS[`${method} ${route}`],
    };
    all.push(made);
    const byMethod = byRoute.get(route) ?? new Map<string, Map<number, Series>>();
    byRoute.set(route, byMethod);
    const byStatus = byMethod.get(method) ?? new Map<number, Series>();
    byMethod.set(method, byStatus);
    byStatus.set(status, made);
    return made;
  };
}

function registerActive(registry: Registry): { add(method: string, change: 1 | -1): void } {
  const counts = new Map<string, number>(METHODS.map((method) => [method, 0]));
  const info = {
    name: 'http_server_active_requests',
    type: 'gauge',
    help: 'Requests not yet answered',
    labels: ['http_request_method'],
  } as const;
  registerRead(registry, info, () =>
    [...counts].map(([method, value]) => ({ labels: { http_request_method: method }, value })),
  );
  return { add: (method, change) => void counts.set(method, (counts.get(method) ?? 0) + change) };
}

/** OpenTelemetry's word for a method that is none. */
function methodOf(method: string): string {
  return KNOWN_METHODS.has(method) ? method : '_OTHER';
}

/** Undefined when the request did not come so far that its key meant anything. */
function keyResultOf({ status, problem, isReplay }: Answered): (typeof KEY_RESULTS)[number] | undefined {
  if (problem !== undefined && KEY_PROBLEMS[problem] !== undefined) return KEY_PROBLEMS[problem];
  if (isReplay) return 'replayed';
  return status < 300 ? 'new' : undefined;
}
