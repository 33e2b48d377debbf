/**
 * The console on the real runtime over stores in memory, and a browser for it that keeps its cookie. Time stands still but
 * for the pauses in which writes gather.
 */
import type { InjectOptions } from 'fastify';
import { vi } from 'vitest';
import type { Address } from '../../../src/actors/address.ts';
import type { Dependencies } from '../../../src/actors/dependencies.ts';
import { Operations } from '../../../src/actors/operations.ts';
import type { Clock, Journal, Projections } from '../../../src/actors/ports.ts';
import type { ActorEvent } from '../../../src/actors/record.ts';
import { Runtime } from '../../../src/actors/runtime.ts';
import { createApp } from '../../../src/http/app.ts';
import type { ConsoleDeps } from '../../../src/http/console-api/console-deps.ts';
import { registerConsole } from '../../../src/http/console-api/register.ts';
import { addUser } from '../../../src/http/console-api/staff-users.ts';
import type { App } from '../../../src/http/deps.ts';
import { ofAllVersions } from '../../../src/infra/telemetry/census.ts';
import { factsOf } from '../../../src/infra/telemetry/machine-facts.ts';
import { TrafficLog } from '../../../src/infra/telemetry/traffic-log.ts';
import type { StaffRole } from '../../../src/machines/meta.ts';
import { alwaysGranted, ManualQueue } from '../../support/actor-world.ts';
import { MemoryJournal } from '../../support/memory-journal.ts';
import { MemoryProjections } from '../../support/memory-projections.ts';
import { SeededIds } from '../../support/seeded-ids.ts';
import { catalog, START, standingClock, type TestClock } from './served.ts';

const GATHERING_MS = 50;
const SETTLING_TURNS = 50;
const PASSWORD = 'correct horse battery';
export const ROLES: readonly StaffRole[] = ['viewer', 'operator', 'approver', 'sre', 'auditor', 'admin'];

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests read the fields they expect
  readonly body: any;
  readonly text: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

interface CallOptions {
  readonly body?: object | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What the runtime keeps its records and lists in. */
export interface Stores {
  readonly journal: Journal;
  readonly projections: Projections;
}

function storesInMemory(): Stores {
  return { journal: new MemoryJournal(), projections: new MemoryProjections(() => START) };
}

export interface Console {
  readonly app: App;
  readonly runtime: Runtime;
  readonly journal: Journal;
  readonly projections: Projections;
  readonly queue: ManualQueue;
  readonly clock: TestClock;
  readonly routes: readonly { readonly method: string; readonly url: string }[];
  /** A user of that name and role (a role's own by default), signed in. */
  signIn(role: StaffRole, name?: string): Promise<Browser>;
  browser(): Browser;
  tell(to: Address, event: ActorEvent): Promise<unknown>;
  /** Lets time pass, with the timers that end in it, and gives what they began a moment to be done. */
  elapse(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** Keeps cookie and CSRF token like the page does. */
export class Browser {
  cookie = '';
  csrfToken = '';
  readonly #app: App;

  constructor(app: App) {
    this.#app = app;
  }

  async signIn(user: string, password = PASSWORD): Promise<Answer> {
    const answer = await this.call('POST', '/session', { body: { user, password } });
    this.csrfToken = answer.body?.csrfToken ?? this.csrfToken;
    return answer;
  }

  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.call('GET', path, { headers });
  }

  post(path: string, body: object, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.call('POST', path, { body, headers });
  }

  /** What became of what was approved. The answer to an approval waits for it only so long, which is no time at all on a
   * clock that stands still. */
  async resultOf(approval: string): Promise<object> {
    const result = async () => (await this.get(approval)).body.result;
    return vi.waitUntil(result, { timeout: 10_000, interval: 50 });
  }

  /** `path` is below `/console/api`. */
  async call(method: string, path: string, { body, headers = {} }: CallOptions = {}): Promise<Answer> {
    const response = await this.#app.inject({
      method,
      url: `/console/api${path}`,
      headers: {
        ...(this.cookie === '' ? {} : { cookie: this.cookie }),
        ...(this.csrfToken === '' ? {} : { 'x-csrf-token': this.csrfToken }),
        ...headers,
      },
      ...(body === undefined ? {} : { payload: body }),
    } as InjectOptions);
    const set = response.cookies.find(({ name }) => name === 'taoke_console');
    if (set !== undefined) this.cookie = set.value === '' ? '' : `${set.name}=${set.value}`;
    const isJson = /[/+]json\b/.test(String(response.headers['content-type']));
    return {
      status: response.statusCode,
      headers: response.headers as Answer['headers'],
      text: response.body,
      body: isJson && response.body !== '' ? JSON.parse(response.body) : undefined,
    };
  }
}

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const noCharts = {
  warm: async () => {},
  graph: () => undefined,
  graphOf: async () => undefined,
  chart: () => Promise.reject(new RangeError('no charts in this test')),
};

const noDependencies: Dependencies = {
  snapshot: () => [],
  subscribe: () => () => {},
  observe: () => () => {},
  hold: async () => {},
  release: async () => {},
  probe: async () => 'due',
  limit: async () => {},
  restore: async () => {},
};

/** From when on an actor of each state is overdue. */
function limitsAt(now: number) {
  return factsOf(catalog).flatMap(({ type, states }) =>
    states
      .filter(({ slaSeconds }) => slaSeconds > 0)
      .map(({ name, slaSeconds }) => ({ type, state: name, before: now - slaSeconds * 1_000 })),
  );
}

export async function serveConsole(
  overrides: Partial<ConsoleDeps> = {},
  { journal, projections }: Stores = storesInMemory(),
): Promise<Console> {
  const clock = standingClock();
  const timers = new Set<{ readonly at: number; readonly run: () => void }>();
  const still: Clock = {
    now: () => clock.now(),
    after: (ms, run) => {
      const timer = { at: clock.now() + ms, run };
      if (ms <= GATHERING_MS) setImmediate(run);
      else timers.add(timer);
      return () => void timers.delete(timer);
    },
    soon: (run) => void setImmediate(run),
  };
  const ids = new SeededIds();
  const queue = new ManualQueue();
  const ports = { clock: still, journal, projections, ids, queue, leases: alwaysGranted, log: silent };
  const runtime = new Runtime(
    { ...ports, definitions: catalog },
    { exclusive: true, nodeDeadMs: Number.MAX_SAFE_INTEGER },
  );
  await runtime.start();
  const app = createApp({ ids, log: overrides.log ?? silent });
  const routes: { method: string; url: string }[] = [];
  app.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) routes.push({ method: one, url });
  });
  await registerConsole(app, {
    actors: runtime,
    operations: new Operations({ journal, projections, clock, registry: runtime.registry }),
    load: () => runtime.load(),
    dependencies: noDependencies,
    census: {
      async read() {
        const versions = await projections.countStates(limitsAt(clock.now()));
        return { at: clock.now(), states: ofAllVersions(versions), versions };
      },
    },
    traffic: new TrafficLog({ telemetry: runtime.telemetry, projections, clock: still, log: silent }),
    fourEyes: { amountFen: 200_000, jobItems: 20, jobFen: 1_000_000, breakGlass: false },
    maskedIds: 'personal',
    machines: catalog,
    charts: noCharts,
    sealer: { open: async () => null, usersNaming: async () => [] },
    clock: still,
    ids,
    log: silent,
    sessionKey: 'a session key',
    cursorKey: 'a cursor key',
    isSandbox: true,
    links: { dependency: undefined, trace: undefined },
    ...overrides,
  });
  await app.ready();
  return {
    app,
    runtime,
    journal,
    projections,
    queue,
    clock,
    routes,
    browser: () => new Browser(app),
    signIn: async (role, name = role) => {
      await addUser({ actors: runtime, ids }, { name, role, password: PASSWORD }, { by: 'test', reason: 'test' });
      const browser = new Browser(app);
      const { status, text } = await browser.signIn(name);
      if (status !== 200) throw new Error(text);
      return browser;
    },
    tell: (to, event) => runtime.send(to, event, { cause: 'test/tell' }),
    elapse: async (ms) => {
      clock.value += ms;
      for (const timer of [...timers].filter(({ at }) => at <= clock.value)) {
        timers.delete(timer);
        timer.run();
      }
      for (let turn = 0; turn < SETTLING_TURNS; turn += 1) await new Promise(setImmediate);
    },
    close: () => app.close(),
  };
}
