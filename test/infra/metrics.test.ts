/**
 * Each metric is moved by what it is there to show. `CAUSES` names every metric of the product; one that is registered
 * without a cause here fails the last test.
 */
import { Registry } from 'prom-client';
import { beforeEach, describe, expect, it } from 'vitest';
import { DEPENDENCY_STATES, type DependencyView } from '../../src/actors/dependencies.ts';
import type { JournalRecord } from '../../src/actors/record.ts';
import { buildOpsServer } from '../../src/http/ops/ops-server.ts';
import { registerDependencyMetrics } from '../../src/infra/telemetry/dependency-metrics.ts';
import { type MetricsWorld, metricsWorld, seriesOf } from '../support/metrics-world.ts';
import { callAll, FAILED, OK, resilienceWorld, type Said, times } from '../support/resilience-world.ts';
import { SeededIds } from '../support/seeded-ids.ts';

let world: MetricsWorld;
beforeEach(async () => {
  world = await metricsWorld();
});

const post = (id: string, n = 1) => ({
  type: 'post',
  order: '1',
  n,
  kind: 'credit',
  pendingFen: 0,
  availableFen: 1_000,
  id,
});
const call = (...answers: Said[]) => callAll(world.pipeline('orders'), answers);
const open = () => call(...times(4, FAILED));
const settle = () => world.clock.advance(0);

async function callSlowly() {
  const running = world.pipeline('orders').run(async () => {
    await world.clock.advance(6_000);
    return OK;
  });
  await running;
}

/** Calls that have no answer yet; ends them when called. */
function hang(count: number): () => Promise<void> {
  const answers: ((said: Said) => void)[] = [];
  const orders = world.pipeline('orders');
  const calls = Array.from({ length: count }, () =>
    orders.run(() => new Promise<Said>((resolve) => answers.push(resolve))),
  );
  return async () => {
    for (let index = 0; index < count; index += 1) {
      await settle();
      answers[index]?.(OK);
    }
    await Promise.all(calls);
  };
}

async function stick(actors: string, forMs: number) {
  world.trouble.stuck = actors;
  world.post('balance/u1', post('p1'));
  await settle();
  world.post('balance/u1', post('p2', 2));
  world.post('withdrawal/w1', {
    type: 'request',
    userId: 'u1',
    amountFen: 100,
    account: { sealed: 'x', masked: { identity: '1**', name: '*' } },
    fingerprint: 'f',
  });
  await world.clock.advance(forMs);
}

const startFeed = () => world.send('feed/orders', { type: 'start', from: world.clock.now() - 60_000 });
const figures = {
  leases: {
    held: 1,
    waiting: 1,
    serversUsable: 2,
    servers: 3,
    granted: 1,
    refused: 1,
    unavailable: 1,
    handedOver: 1,
    lost: 1,
  },
  calls: { isUsable: false, running: 1, added: 1, refused: 1, started: 1, repeated: 1, rebuilt: 1 },
};
const distribute = async () => {
  world.figures.current = figures;
};
const answered = (more: object = {}) => {
  world.metrics.http.answered({
    method: 'POST',
    route: '/v1/withdrawals',
    status: 201,
    durationMs: 20,
    problem: undefined,
    isReplay: false,
    isStream: false,
    ...more,
  });
};
const cacheEvent = (name: string, event: object) => async () => {
  const heard = new Map<string, (event: object) => void>();
  world.metrics.cachePlugin.register({ on: (on: string, fn: never) => heard.set(on, fn) } as never);
  heard.get(name)?.({ key: 'product:123456789', store: 'main', ...event });
};

/** What moves each metric; a metric of the settings is there in another world with other settings. */
const CAUSES: Record<string, () => Promise<unknown>> = {
  rebate_breaker_state: open,
  rebate_breaker_transitions_total: open,
  rebate_breaker_opened_timestamp_seconds: open,
  rebate_breaker_next_probe_timestamp_seconds: open,
  rebate_breaker_hold_until_timestamp_seconds: () =>
    world.resilience.hold('taobao', 'orders', { by: 'lin', reason: 'why', ttlMs: 5_000 }),
  rebate_breaker_failure_ratio: () => call(OK, FAILED),
  rebate_breaker_slow_ratio: callSlowly,
  rebate_breaker_threshold_ratio: () => again('taobao/orders.failurePercent=20'),
  rebate_dependency_calls_total: () => call(OK),
  rebate_dependency_slow_calls_total: callSlowly,
  rebate_dependency_call_duration_seconds: () => call(OK),
  rebate_dependency_attempt_duration_seconds: () => call(OK),
  rebate_dependency_errors_total: () => call(FAILED),
  rebate_retry_attempts_total: () => call(OK),
  rebate_retry_exhausted_total: () => world.clock.until(callAll(world.pipeline('item'), [FAILED])),
  rebate_retry_budget_remaining_ratio: () => world.clock.until(callAll(world.pipeline('item'), times(8, FAILED))),
  rebate_bulkhead_concurrency_limit: () => again('taobao/orders.concurrency=3'),
  rebate_bulkhead_in_flight: async () => void hang(1),
  rebate_bulkhead_queue_limit: () => again('taobao/orders.queue=3'),
  rebate_bulkhead_queue_depth: async () => {
    hang(2);
    await settle();
  },
  rebate_bulkhead_queue_wait_seconds: async () => hang(2)(),
  rebate_bulkhead_rejections_total: async () => {
    hang(3);
    await settle();
  },
  rebate_quota_limit: async () => {
    world = await metricsWorld({ taobaoOrdersPerSecond: 5 });
  },
  rebate_quota_remaining: () => call(OK),
  rebate_quota_banned_until_timestamp_seconds: () =>
    call({ kind: 'limited', quota: 'api', until: world.clock.now() + 60_000 }),

  rebate_actor_turns_total: () => world.send('balance/u1', post('p')),
  rebate_actor_activations_total: () => world.send('balance/u1', post('p')),
  rebate_actor_activation_seconds: () => world.send('balance/u1', post('p')),
  rebate_actor_transitions_total: () => world.send('balance/u1', post('p')),
  rebate_actor_transition_seconds: () => world.send('balance/u1', post('p')),
  rebate_actors_active: () => world.send('balance/u1', post('p')),
  rebate_actor_passivations_total: async () => {
    world = await metricsWorld({ maxActivations: 1 });
    await world.send('balance/u1', post('p'));
    await world.send('balance/u2', post('p'));
  },
  rebate_actor_fencing_rejections_total: async () => {
    await world.send('balance/u1', post('p'));
    const other = await world.another();
    await world.clock.until(other.send('balance/u1', post('p2', 2), { cause: 'test' }));
    await world.send('balance/u1', post('p3', 3));
  },
  rebate_timer_fired_total: async () => {
    await startFeed();
    await world.clock.until(world.queue.runNext());
    await world.clock.advance(3_000);
  },
  rebate_call_attempts_total: startFeed,
  rebate_inbox_duplicates_total: async () => {
    await world.send('balance/u1', post('p'), 'm1');
    await world.send('balance/u1', post('p'), 'm1');
  },
  rebate_actor_mailbox_depth: () => stick('balance/', 100),
  rebate_actor_mailbox_oldest_age_seconds: () => stick('balance/', 100),
  rebate_outbox_depth: () => stick('balance/', 100),
  rebate_outbox_oldest_age_seconds: () => stick('balance/', 100),
  rebate_outbox_undelivered_total: () => stick('balance/', 8_000),
  rebate_outbox_undelivered: () => stick('balance/', 8_000),
  rebate_node_watermark_lag_seconds: () => stick('balance/', 100),
  rebate_node_fenced_total: async () => {
    world.trouble.isSilent = true;
    await world.clock.advance(15_000);
  },
  rebate_turns_without_lease_total: () => {
    world.trouble.hasLeases = false;
    return world.send('balance/u1', post('p'));
  },

  rebate_actors: async () => {
    await world.send('balance/u1', post('p'));
    await world.clock.advance(11_000);
  },
  rebate_actors_overdue: async () => {
    await startFeed();
    world.trouble.stuck = 'feed/';
    await world.clock.advance(120_000);
  },
  rebate_timer_lag_seconds: async () => {
    await startFeed();
    await world.clock.advance(1_000);
    world.trouble.stuck = 'feed/';
    await world.clock.advance(120_000);
  },
  rebate_nodes: async () => {
    await world.another();
    await world.clock.advance(2_000);
  },

  rebate_leases: distribute,
  rebate_lease_servers: distribute,
  rebate_lease_requests_total: distribute,
  rebate_lease_ends_total: distribute,
  rebate_call_queue_usable: distribute,
  rebate_call_queue_running: distribute,
  rebate_call_queue_attempts_total: distribute,
  rebate_call_queue_workers_rebuilt_total: distribute,

  rebate_money_moved_fen_total: () => world.send('balance/u1', post('p')),
  rebate_ledger_imbalance_fen: async () => world.hear(unbalanced()),
  rebate_operator_actions_total: () =>
    world.send('audit/log', {
      type: 'end',
      entry: { id: 'a1', by: 'lin', role: 'sre', action: 'user.add', subject: null, outcome: 'done', detail: {} },
    }),

  rebate_idempotency_requests_total: async () => answered(),
  http_server_request_duration_seconds: async () => answered(),
  http_server_active_requests: async () => world.metrics.http.began('GET'),
  rebate_sse_connections: async () => void world.metrics.http.streamOpened('ops'),
  rebate_cache_reads_total: async () => {
    world.cacheStats.memoryHits += 1;
  },
  bentocache_hits: cacheEvent('cache:hit', { graced: false }),
  bentocache_graced_hits: cacheEvent('cache:hit', { graced: true }),
  bentocache_misses: cacheEvent('cache:miss', {}),
  bentocache_writes: cacheEvent('cache:written', {}),
  bentocache_deletes: cacheEvent('cache:deleted', {}),
  bentocache_clears: cacheEvent('cache:cleared', {}),
  bentocache_bus_messages_published: cacheEvent('bus:message:published', {}),
  bentocache_bus_messages_received: cacheEvent('bus:message:received', {}),
  nodejs_eventloop_delay_p99_seconds: () => new Promise((resolve) => setTimeout(resolve, 30)),
  nodejs_eventloop_utilization_ratio: idle,
  rebate_build_info: async () => {},
};

/** A busy machine may leave no pause at all within one timeout. */
async function idle() {
  const { idle: before } = performance.eventLoopUtilization();
  while (performance.eventLoopUtilization().idle === before) await new Promise((resolve) => setTimeout(resolve, 5));
}

async function again(settings: string) {
  world = await metricsWorld({ settings });
}

function unbalanced(): JournalRecord {
  const data = { kind: 'credit', pendingFen: 0, availableFen: 7, heldFen: 0, debtFen: 0, contra: null, contraFen: 0 };
  const rows = [{ id: 'balance/u1#1.1', table: 'ledger', owner: 'u1', data }];
  return { rows, snapshot: { context: { held: 0, holds: {} } } } as unknown as JournalRecord;
}

/** The product's metrics by name: prom-client's own figures of the process move by themselves. */
function namesIn(text: string): string[] {
  const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name);
  return names.filter((name) => /^(rebate|http|bentocache)_|^nodejs_eventloop_(delay|utilization)/.test(name));
}

function labelsOf(series: string): string[] {
  const labels = [...series.matchAll(/(\w+)="/g)].map(([, label = '']) => label);
  return labels.filter((label) => label !== 'le').sort();
}

const ofMetric = (name: string) => (series: string) => new RegExp(`^${name}(_bucket|_sum|_count)?(\\{|$)`).test(series);

describe('every metric', () => {
  for (const [name, cause] of Object.entries(CAUSES)) {
    it(`${name} shows its cause`, async () => {
      const seen = async () => [...(await world.read())].filter(([series]) => ofMetric(name)(series)).sort();
      const before = await seen();
      await cause();
      const after = await seen();
      if (name === 'rebate_build_info') expect(after).toHaveLength(1);
      else expect(after).not.toEqual(before);
      const { labelNames } = world.metrics.registry.getSingleMetric(name) as unknown as { labelNames: string[] };
      for (const [series] of after) expect(labelsOf(series)).toEqual([...labelNames].sort());
    });
  }

  it('has a cause above', async () => {
    expect(Object.keys(CAUSES).sort()).toEqual(namesIn(await world.metrics.registry.metrics()).sort());
  });
});

describe('metrics of a process that has just started', () => {
  it('are there at zero, for every policy and machine', async () => {
    const series = await world.read();
    for (const { dependency, policy } of world.resilience.snapshot()) {
      const labels = `dependency="${dependency}",policy="${policy}"`;
      expect(series.get(`rebate_breaker_state{${labels},state="closed"}`)).toBe(1);
      expect(series.get(`rebate_dependency_calls_total{${labels},outcome="failed"}`)).toBe(0);
      expect(series.get(`rebate_bulkhead_rejections_total{${labels},cause="full"}`)).toBe(0);
      expect(series.get(`rebate_breaker_transitions_total{${labels},from="closed",to="open",cause="failures"}`)).toBe(
        0,
      );
      expect(
        series.get(`rebate_dependency_call_duration_seconds_count{${labels},outcome="ok"}`) ??
          series.get(`rebate_dependency_call_duration_seconds_count{outcome="ok",${labels}}`),
      ).toBe(0);
    }
    expect(series.get('rebate_actor_transitions_total{machine="withdrawal",event="approve",outcome="refused"}')).toBe(
      0,
    );
    expect(series.get('rebate_actors{machine="withdrawal",state="paying.unknown"}')).toBe(0);
    expect(series.get('rebate_actors_overdue{machine="withdrawal",state="paying.unknown"}')).toBe(0);
    expect(series.get('rebate_ledger_imbalance_fen{account_class="lines"}')).toBe(0);
    expect(series.get('rebate_nodes{status="live"}')).toBe(1);
  });

  it('show a breaker open that an earlier process left so, without any traffic', async () => {
    await open();
    await world.resilience.stop();
    const later = resilienceWorld({ kept: world.kept, clock: world.clock, seed: 2 });
    await world.clock.until(later.resilience.start());
    const registry = new Registry();
    registerDependencyMetrics(registry, later.resilience);
    const { state } = later.view('orders');
    expect(state).not.toBe('closed');
    const series = seriesOf(await registry.metrics());
    expect(series.get(`rebate_breaker_state{dependency="taobao",policy="orders",state="${state}"}`)).toBe(1);
    const hydrated = [...series.keys()].filter((one) => one.includes('cause="hydrated"'));
    expect(hydrated).toHaveLength(1);
  });
});

describe('breaker states', () => {
  it('are exactly one of a policy at any time, also without traffic', async () => {
    const sums = async () => {
      const series = await world.read();
      return world.resilience
        .snapshot()
        .map(({ dependency, policy }) =>
          DEPENDENCY_STATES.reduce(
            (sum, state) =>
              sum +
              (series.get(`rebate_breaker_state{dependency="${dependency}",policy="${policy}",state="${state}"}`) ?? 0),
            0,
          ),
        );
    };
    const ones = world.resilience.snapshot().map(() => 1);
    expect(await sums()).toEqual(ones);
    await open();
    expect(await sums()).toEqual(ones);
    await world.clock.advance(5_000);
    expect(
      (await world.read()).get('rebate_breaker_state{dependency="taobao",policy="orders",state="probe_due"}'),
    ).toBe(1);
    expect(await sums()).toEqual(ones);
  });
});

describe('the store of what partners do, the internal port and the metrics', () => {
  it('say the same', async () => {
    await call(OK, FAILED);
    await callSlowly();
    await world.clock.until(callAll(world.pipeline('item'), [FAILED, OK]));
    hang(3);
    await settle();
    await world.resilience.hold('alipay', 'query', { by: 'lin', reason: 'why', ttlMs: 60_000 });
    const app = await buildOpsServer({
      audit: async () => {},
      actors: world.runtime,
      dependencies: world.resilience,
      waiting: async () => [],
      metrics: world.metrics.registry,
      verifyToken: async () => ({ ok: false, reason: 'invalid' }),
      clock: world.clock,
      ids: new SeededIds(),
      log: world.log,
    });
    const views = world.resilience.snapshot();
    const shown = (await app.inject('/ops/dependencies')).json().data as DependencyView[];
    const series = seriesOf((await app.inject('/metrics')).body);
    expect(shown).toHaveLength(views.length);
    for (const [index, view] of views.entries()) {
      const { transitionCounts, ...rest } = view;
      expect(shown[index]).toMatchObject({
        ...rest,
        openedAt: view.openedAt === null ? null : expect.any(String),
        nextProbeAt: view.nextProbeAt === null ? null : expect.any(String),
        hold: view.hold === null ? null : { by: view.hold.by },
        quotas: view.quotas.map(({ name, limit, remaining }) => ({ name, limit, remaining })),
        transitions: view.transitions.map(({ from, to, cause }) => ({ from, to, cause })),
      });
      const labels = `dependency="${view.dependency}",policy="${view.policy}"`;
      const at = (name: string, more = '') => series.get(`rebate_${name}{${labels}${more}}`);
      expect(at('breaker_state', `,state="${view.state}"`)).toBe(1);
      expect(at('breaker_failure_ratio')).toBe(view.failureRatio);
      expect(at('bulkhead_in_flight')).toBe(view.inFlight);
      expect(at('bulkhead_queue_depth')).toBe(view.queueDepth);
      expect(at('dependency_slow_calls_total')).toBe(view.slowCalls);
      expect(at('retry_exhausted_total')).toBe(view.retriesExhausted);
      expect(at('breaker_hold_until_timestamp_seconds')).toBe((view.hold?.until ?? 0) / 1_000);
      for (const [outcome, count] of Object.entries(view.calls)) {
        expect(at('dependency_calls_total', `,outcome="${outcome}"`)).toBe(count);
      }
      for (const [cause, count] of Object.entries(view.bulkheadRejections)) {
        expect(at('bulkhead_rejections_total', `,cause="${cause}"`)).toBe(count);
      }
      for (const [attempt, count] of Object.entries(view.attempts)) {
        expect(at('retry_attempts_total', `,attempt="${attempt}"`)).toBe(count);
      }
      for (const { from, to, cause, count } of transitionCounts) {
        expect(at('breaker_transitions_total', `,from="${from}",to="${to}",cause="${cause}"`)).toBe(count);
      }
    }
    expect(views.find(({ policy }) => policy === 'orders')).toMatchObject({ inFlight: 1, queueDepth: 1, slowCalls: 1 });
    await app.close();
  });
});

describe('labels', () => {
  const IDS = ['u404user', 'wd_aaaaaaaaaaaaaaaaaaaaaaaaaa', '9007199254740993', '123456789'];

  it('are of closed sets: no id that was handled is in any of them', async () => {
    const [user = '', withdrawal = '', trade = ''] = IDS;
    await world.send(`balance/${user}`, { ...post('p'), order: trade });
    await world.send(`withdrawal/${withdrawal}`, { type: 'cancel', by: user });
    await world.send(`order/${trade}`, { type: `nobodyKnows${trade}` });
    answered({ route: undefined, status: 404, method: 'GET' });
    answered({ method: 'BREW' });
    await cacheEvent('cache:hit', { graced: false })();
    await call(OK, FAILED);
    await world.clock.advance(11_000);
    const text = await world.metrics.registry.metrics();
    for (const id of IDS) expect(text).not.toContain(id);
    const events = [...text.matchAll(/machine="order",event="([^"]+)"/g)].map(([, event]) => event);
    expect(events).toContain('other');
    expect(text).toContain('key="product"');
    expect(text).toContain('http_route="none"');
    expect(text).toContain('http_request_method="_OTHER"');
  });
});

describe('metrics of all processes together', () => {
  it('are exported by the oldest live process, and by the next when that falls silent', async () => {
    await world.clock.advance(1_000);
    const second = await metricsWorld({ beside: world });
    const shown = async (one: MetricsWorld) => (await one.read()).get('rebate_nodes{status="live"}');
    expect([await shown(world), await shown(second)]).toEqual([2, undefined]);
    world.trouble.isSilent = true;
    await world.clock.advance(15_000);
    expect([await shown(world), await shown(second)]).toEqual([undefined, 1]);
    expect((await second.read()).get('rebate_nodes{status="silent"}')).toBe(1);
  });

  it('ask the store to count at most every ten seconds', async () => {
    let counts = 0;
    const count = world.projections.countStates.bind(world.projections);
    world.projections.countStates = (limits) => {
      counts += 1;
      return count(limits);
    };
    for (let second = 0; second < 20; second += 1) {
      await world.read();
      await world.clock.advance(1_000);
    }
    expect(counts).toBe(2);
  });
});

describe('answers and hits', () => {
  const bucket = (le: string) =>
    `http_server_request_duration_seconds_bucket{http_request_method="GET",http_route="/v1/orders",http_response_status_code="200",le="${le}"}`;

  it('are counted once, however often somebody asks', async () => {
    for (const durationMs of [3, 20, 60_000]) answered({ method: 'GET', route: '/v1/orders', status: 200, durationMs });
    for (const graced of [false, false, true]) await cacheEvent('cache:hit', { graced })();
    await world.read();
    await cacheEvent('cache:hit', { graced: false })();
    const series = await world.read();
    expect(['0.005', '0.025', '30', '+Inf'].map((le) => series.get(bucket(le)))).toEqual([1, 2, 2, 3]);
    expect(series.get('bentocache_hits{store="main",key="product"}')).toBe(3);
    expect(series.get('bentocache_graced_hits{store="main",key="product"}')).toBe(1);
  });

  it('to a method that is none are under one name', async () => {
    world.metrics.http.began('BREW');
    world.metrics.http.began('PROPFIND');
    expect((await world.read()).get('http_server_active_requests{http_request_method="_OTHER"}')).toBe(2);
  });
});

describe('an idempotency key', () => {
  it('is counted by what it meant', async () => {
    answered({ problem: 'IDEMPOTENCY_KEY_REQUIRED', status: 400 });
    answered({ problem: 'IDEMPOTENCY_KEY_REUSED', status: 422 });
    answered({ isReplay: true });
    answered();
    answered({ problem: 'TOKEN_REQUIRED', status: 401 });
    const series = await world.read();
    for (const result of ['new', 'replayed', 'mismatch_422', 'missing_400']) {
      expect(series.get(`rebate_idempotency_requests_total{operation="withdrawal",result="${result}"}`)).toBe(1);
    }
  });
});
