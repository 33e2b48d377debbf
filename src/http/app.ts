import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { type FastifyReply, type FastifyRequest, fastify, LogController } from 'fastify';
import type { Ids, Log } from '../actors/ports.ts';
import { setAnswerHeaders } from './answer-headers.ts';
import type { App, HttpObserver } from './deps.ts';
import { createClientErrorHandler, installProblems, sendProblem } from './errors.ts';
import { Problem } from './problem.ts';
import { type BeginTrace, createTraces, type Trace } from './trace.ts';
import { compileValidator } from './validation.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Its answer has a limit of its own, well below that of requests. */
    isBounded?: boolean;
  }
  interface FastifyRequest {
    trace: Trace;
    /** What `routeOptions.config` says, which Fastify puts together anew each time it is asked. */
    route: Partial<FastifyRequest['routeOptions']['config']>;
    /** The code of the problem it was answered by. */
    problem: string | undefined;
    /** Whoever measures has heard of its end. */
    isTold: boolean;
  }
}

const BODY_LIMIT_BYTES = 64 * 1024;
/** For a whole request to arrive, and again for its answer. */
const REQUEST_TIMEOUT_MS = 10_000;
const IDLE_CONNECTION_TIMEOUT_MS = 30_000;

interface AppDeps {
  readonly ids: Pick<Ids, 'random'>;
  readonly log: Log;
  readonly observer?: HttpObserver;
}

/**
 * What every server here has, whatever its routes: limits, trace ids, security headers, and every refusal an RFC 9457
 * document. After `close` has begun, requests on open connections are answered 503 until they end.
 */
export function createApp({ ids, log, observer }: AppDeps): App {
  const beginTrace = createTraces(ids);
  const app = fastify({
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: IDLE_CONNECTION_TIMEOUT_MS,
    http: { headersTimeout: REQUEST_TIMEOUT_MS },
    // Closing is answered by our own hook, as a problem document.
    return503OnClosing: false,
    // Longer parameters than any header can carry: the schemas say what is wrong with one.
    routerOptions: { maxParamLength: 32_768 },
    logController: new LogController({ disableRequestLogging: true }),
    clientErrorHandler: createClientErrorHandler(beginTrace),
    frameworkErrors: (error, request, reply) => {
      beginAnswer(request, reply, beginTrace);
      return sendProblem(error, request, reply, log);
    },
  }).withTypeProvider<TypeBoxTypeProvider>();
  app.setValidatorCompiler(compileValidator);
  app.decorateRequest('claims', null);
  app.decorateRequest('trace', null as unknown as Trace);
  app.decorateRequest('route', null as never);
  app.decorateRequest('problem', undefined);
  app.decorateRequest('isTold', false);
  app.addHook('onRoute', (route) => {
    // A limit costs each request a timer; where the source keeps one already, it is left to it.
    if (route.config?.isBounded !== true) route.handlerTimeout ??= REQUEST_TIMEOUT_MS;
  });
  installHooks(app, beginTrace, observer);
  installProblems(app, log);
  return app;
}

function installHooks(app: App, beginTrace: BeginTrace, observer: HttpObserver | undefined): void {
  let isClosing = false;
  app.addHook('preClose', async () => {
    isClosing = true;
  });
  app.addHook('onRequest', (request, reply, done) => {
    if (observer !== undefined) listen(observer, request, reply);
    beginAnswer(request, reply, beginTrace);
    done(isClosing ? new Problem('RUNTIME_STOPPING', { headers: { connection: 'close' } }) : undefined);
  });
  if (observer === undefined) return;
  app.addHook('onResponse', (request, reply, done) => {
    tell(observer, request, reply, reply.statusCode);
    done();
  });
}

/** What nginx logs of a client that left before its answer. */
const CLIENT_LEFT = 499;

function listen(observer: HttpObserver, request: FastifyRequest, reply: FastifyReply): void {
  observer.began(request.method);
  reply.raw.on('close', () => tell(observer, request, reply, CLIENT_LEFT));
}

/** Tells of each request once: when its answer is sent, or when its client leaves before that, as those of streams do. */
function tell(observer: HttpObserver, request: FastifyRequest, reply: FastifyReply, ended: number): void {
  if (request.isTold) return;
  request.isTold = true;
  const { method, route, problem } = request;
  const isStreamed = isStream(reply.getHeader('content-type'));
  observer.answered({
    method,
    route: route.url,
    status: isStreamed ? reply.statusCode : ended,
    durationMs: reply.elapsedTime,
    problem,
    isReplay: reply.hasHeader('idempotency-replayed'),
    isStream: isStreamed,
  });
}

function isStream(contentType: unknown): boolean {
  return String(contentType).startsWith('text/event-stream');
}

/** What every answer carries, refusals before any hook included. */
function beginAnswer(request: FastifyRequest, reply: FastifyReply, beginTrace: BeginTrace): void {
  const { traceparent } = request.headers as Record<string, string | undefined>;
  request.trace = beginTrace(traceparent);
  request.route = request.routeOptions.config ?? {};
  if (request.route.sendsReady !== true) setAnswerHeaders(request, reply);
}
