/**
 * Answers to HTTP requests as metrics, under OpenTelemetry's names so that stock dashboards fit.
 *
 * Owns the counts. Invariant: labels are a route's pattern, never a path: a request for no route is `none`.
 */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { BUCKETS_SECONDS } from './read-metric.ts';

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
const KEYED_OPERATIONS: Readonly<Record<string, string>> = { 'POST /v1/withdrawals': 'withdrawal' };
const KEY_RESULTS = ['new', 'replayed', 'mismatch_422', 'missing_400'] as const;
const KEY_PROBLEMS: Readonly<Record<string, (typeof KEY_RESULTS)[number]>> = {
  IDEMPOTENCY_KEY_REUSED: 'mismatch_422',
  IDEMPOTENCY_KEY_REQUIRED: 'missing_400',
  IDEMPOTENCY_KEY_INVALID: 'missing_400',
};

/** Registers them; a server tells the returned object what it does. */
export function registerHttpMetrics(registry: Registry): HttpMetrics {
  const registers = [registry];
  const durations = new Histogram({
    name: 'http_server_request_duration_seconds',
    help: 'From a request to the end of its answer',
    labelNames: ['http_request_method', 'http_route', 'http_response_status_code'] as const,
    buckets: BUCKETS_SECONDS,
    registers,
  });
  const active = new Gauge({
    name: 'http_server_active_requests',
    help: 'Requests not yet answered',
    labelNames: ['http_request_method'] as const,
    registers,
  });
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
  for (const method of METHODS) active.set({ http_request_method: method }, 0);
  for (const operation of Object.values(KEYED_OPERATIONS)) {
    for (const result of KEY_RESULTS) keys.inc({ operation, result }, 0);
  }
  for (const audience of ['ops', 'console'] as const) streams.set({ audience }, 0);

  // A series is looked up by its labels once, not with each request.
  const activeOf = remembered((method: string) => active.labels({ http_request_method: method }));
  const durationsOf = remembered((key: string) => {
    const [method = '', status = '', ...route] = key.split(' ');
    return durations.labels({
      http_request_method: method,
      http_route: route.join(' '),
      http_response_status_code: status,
    });
  });

  return {
    began: (method) => activeOf(methodOf(method)).inc(),
    answered: (answer) => {
      const { route = 'none', status, durationMs, isStream } = answer;
      const method = methodOf(answer.method);
      activeOf(method).dec();
      if (!isStream) durationsOf(`${method} ${status} ${route}`).observe(durationMs / 1_000);
      const operation = KEYED_OPERATIONS[`${method} ${route}`];
      const result = keyResultOf(answer);
      if (operation !== undefined && result !== undefined) keys.inc({ operation, result });
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

function remembered<T>(make: (key: string) => T): (key: string) => T {
  const made = new Map<string, T>();
  return (key) => {
    let one = made.get(key);
    if (one === undefined) {
      one = make(key);
      made.set(key, one);
    }
    return one;
  };
}

/** OpenTelemetry's word for a method that is none. */
function methodOf(method: string): string {
  return (METHODS as readonly string[]).includes(method) ? method : '_OTHER';
}

/** Undefined when the request did not come so far that its key meant anything. */
function keyResultOf({ status, problem, isReplay }: Answered): (typeof KEY_RESULTS)[number] | undefined {
  if (problem !== undefined && KEY_PROBLEMS[problem] !== undefined) return KEY_PROBLEMS[problem];
  if (isReplay) return 'replayed';
  return status < 300 ? 'new' : undefined;
}
