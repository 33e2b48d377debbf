/**
 * A server on fake actors, and a client for it that holds every answer against the API document: its status must be
 * documented for the route and its body fit the schema there.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify';
import { Compile } from 'typebox/compile';
import { expect } from 'vitest';
import type { ActorSystem } from '../../../src/actors/facade.ts';
import { createVerifier, issueToken } from '../../../src/http/auth/tokens.ts';
import type { App, ServerDeps, ServerOptions } from '../../../src/http/deps.ts';
import type { Products } from '../../../src/http/product-routes.ts';
import { buildServer } from '../../../src/http/server.ts';
import { createCatalog } from '../../../src/machines/catalog.ts';
import { defaultRules } from '../../../src/machines/rules.ts';
import { FakeActors } from './fake-actors.ts';

const SECRET = 'a secret of at least thirty-two bytes';
export const START = Date.UTC(2026, 2, 1, 1, 30);

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  // biome-ignore lint/suspicious/noExplicitAny: tests read the fields they expect
  readonly body: any;
  readonly text: string;
}

export interface CallOptions {
  readonly token?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Logged {
  readonly level: string;
  readonly message: string;
  readonly fields: Record<string, unknown> | undefined;
}

export interface Route {
  readonly method: string;
  readonly url: string;
}

export class Served<A extends ActorSystem = FakeActors> {
  readonly app: App;
  readonly actors: A;
  readonly clock: TestClock;
  readonly logs: Logged[];
  /** Every route Fastify was given, by its own hook. */
  readonly routes: readonly Route[];
  readonly #document: OpenApi;

  constructor(parts: Pick<Served<A>, 'app' | 'actors' | 'clock' | 'logs' | 'routes'>) {
    this.app = parts.app;
    this.actors = parts.actors;
    this.clock = parts.clock;
    this.logs = parts.logs;
    this.routes = parts.routes;
    this.#document = this.app.swagger() as unknown as OpenApi;
  }

  user(id = 'u1', goodMs = 60_000): Promise<string> {
    return issueToken(SECRET, { sub: id }, this.clock.now() + goodMs);
  }

  staff(role = 'approver', name = 'lin'): Promise<string> {
    return issueToken(SECRET, { sub: name, role }, this.clock.now() + 60_000);
  }

  async call(method: string, url: string, { token, body, headers = {} }: CallOptions = {}): Promise<Answer> {
    const options = {
      method,
      url,
      headers: { ...headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
      ...(body === undefined ? {} : { payload: body }),
    } as InjectOptions;
    const response = await this.app.inject(options);
    const answer = toAnswer(response);
    this.#check(method, url.split('?')[0] ?? '', answer);
    return answer;
  }

  /** What the API document says about an answer to that path; undefined when no route has it. */
  #check(method: string, path: string, { status, body, headers, text }: Answer): void {
    const isProblem = status >= 400;
    if (isProblem) {
      expect(headers['content-type'], text).toBe('application/problem+json; charset=utf-8');
      if (method !== 'HEAD')
        expect(body).toMatchObject({ status, code: expect.any(String), traceId: headers['x-trace-id'] });
    }
    // The address was another one than it looked: climbing and empty parts are resolved on the way.
    if (['ROUTE_NOT_FOUND', 'METHOD_NOT_ALLOWED'].includes(body?.code)) return;
    const operation = this.operation(method, path);
    if (operation === undefined) return;
    const response = operation.responses[String(status)];
    expect(response, `${method} ${path} documents ${status} (${text})`).toBeDefined();
    if (text === '') return;
    if (isProblem) expect(response?.description).toContain(`\`${body.code}\``);
    const schema = response?.content?.[isProblem ? 'application/problem+json' : 'application/json']?.schema;
    if (schema === undefined) return;
    const check = Compile(schema as never);
    expect(check.Errors(body), `${method} ${path} ${status}`).toEqual([]);
  }

  /** The names of what that path takes besides its body. */
  parameters(method: string, path: string): string[] {
    return (this.operation(method, path)?.parameters ?? []).map(({ name }) => name);
  }

  operation(method: string, path: string): Operation | undefined {
    const parts = path.split('/');
    const found = Object.entries(this.#document.paths).find(([pattern]) => {
      const expected = pattern.split('/');
      return expected.length === parts.length && expected.every((part, i) => part.startsWith('{') || part === parts[i]);
    });
    return found?.[1][method.toLowerCase()];
  }
}

interface OpenApi {
  readonly paths: Record<string, Record<string, Operation>>;
}

export interface Operation {
  readonly parameters?: readonly { readonly name: string }[];
  readonly responses: Record<
    string,
    { readonly description: string; readonly content?: Record<string, { readonly schema: unknown }> }
  >;
}

function toAnswer(response: LightMyRequestResponse): Answer {
  const { statusCode, headers, body: text } = response;
  const isJson = String(headers['content-type']).includes('json');
  return {
    status: statusCode,
    headers: headers as Answer['headers'],
    body: isJson && text !== '' ? JSON.parse(text) : undefined,
    text,
  };
}

/** Seals by hiding: readable by the test alone, as no plain text can pass for it. */
const testSealer = {
  seal: async (userId: string, payee: object) =>
    `sealed-${Buffer.from(JSON.stringify([userId, payee])).toString('hex')}`,
  fingerprint: async (userId: string, text: string) => Buffer.from(`${userId}:${text}`).toString('hex'),
};

export interface TestClock {
  value: number;
  now(): number;
}

/** A clock that stands still until a test sets it. */
export function standingClock(): TestClock {
  return {
    value: START,
    now() {
      return this.value;
    },
  };
}

export async function serve(options: Partial<ServerOptions> = {}): Promise<Served> {
  const clock = standingClock();
  return await serveOn(new FakeActors(catalog, clock), clock, options);
}

/** Nothing is known of any product. */
const noProducts: Products = {
  peek: () => undefined,
  read: async () => ({ kind: 'placeholder' }),
  search: async () => ({ products: [], hasMore: false, isStale: false, isPlaceholder: true }),
};

export const catalog = createCatalog(defaultRules);

export async function serveOn<A extends ActorSystem>(
  actors: A,
  clock: TestClock,
  options: Partial<ServerOptions> = {},
  goods: Partial<Pick<ServerDeps, 'products' | 'promotion'>> = {},
): Promise<Served<A>> {
  const logs: Logged[] = [];
  const note = (level: string) => (message: string, fields?: Record<string, unknown>) => {
    logs.push({ level, message, fields });
  };
  const routes: Route[] = [];
  const watch = (message: unknown) => {
    (message as { fastify: FastifyInstance }).fastify.addHook('onRoute', ({ method, url }) => {
      for (const one of [method].flat()) routes.push({ method: one, url });
    });
  };
  subscribe('fastify.initialization', watch);
  let randoms = 0;
  const app = await buildServer(
    {
      actors,
      sealer: testSealer,
      mask: { identity: (text) => `${text.slice(0, 1)}***`, name: () => '**' },
      verifyToken: createVerifier(SECRET, clock),
      products: noProducts,
      promotion: undefined,
      ...goods,
      clock,
      ids: { random: () => `random-for-tests-${++randoms}` },
      log: { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') },
    },
    {
      withdrawMinFen: 100,
      cursorKey: 'cursor key',
      actorTypes: catalog.map(({ type }) => type),
      publicUrl: () => 'https://app.example',
      taobaoReturnUrl: undefined,
      version: '0.0.0',
      ...options,
    },
  );
  unsubscribe('fastify.initialization', watch);
  await app.ready();
  return new Served({ app, actors, clock, logs, routes });
}

/** Gives a user that much to withdraw, as a settled order would. */
export function credit({ actors }: Served, userId: string, availableFen: number, order = '1'): void {
  actors.tell(`balance/${userId}`, { type: 'post', order, n: 1, kind: 'credit', pendingFen: 0, availableFen });
}

export const PAYEE = { identity: '13800138000', name: '张三' };
