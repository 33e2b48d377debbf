import { isUtf8 } from 'node:buffer';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { isActorError } from '../actors/errors.ts';
import type { Log } from '../actors/ports.ts';
import { setAnswerHeaders } from './answer-headers.ts';
import type { App } from './deps.ts';
import { pickLanguage } from './language.ts';
import { Problem, toDocument, toProblem } from './problem.ts';
import type { BeginTrace } from './trace.ts';

/** Makes every refusal of the instance an RFC 9457 document: thrown, by Fastify itself, and for unknown routes. */
export function installProblems(app: App, log: Log): void {
  const patterns = collectRoutes(app);
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply, log));
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0] ?? '';
    const allowed = patterns.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method);
    const isWrongMethod = allowed.length > 0 && !allowed.includes(request.method);
    const problem = isWrongMethod
      ? new Problem('METHOD_NOT_ALLOWED', { headers: { allow: allowed.join(', ') } })
      : new Problem('ROUTE_NOT_FOUND');
    return sendProblem(problem, request, reply, log);
  });
  installJsonParser(app);
}

/** Answers `error`; one that is no problem of the client's is logged with its trace id and told nobody. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply, log: Log): FastifyReply {
  const problem = asProblem(error);
  if (!reply.hasHeader('x-trace-id')) setAnswerHeaders(request, reply);
  request.problem = problem.code;
  const { traceId } = request.trace;
  if (problem.status >= 500) {
    // Being asked too early is what a readiness probe is for.
    log[problem.code === 'NOT_READY' ? 'debug' : 'error']('a request failed', {
      traceId,
      code: problem.code,
      method: request.method,
      route: request.routeOptions.url,
      error,
    });
  }
  const language = pickLanguage(request.headers['accept-language']);
  if (problem.retryAfterMs !== undefined) reply.header('retry-after', String(Math.ceil(problem.retryAfterMs / 1000)));
  return reply
    .code(problem.status)
    .headers(problem.headers)
    .header('content-language', language)
    .header('vary', 'Accept-Language')
    .type('application/problem+json; charset=utf-8')
    .send(JSON.stringify(toDocument(problem, language, traceId)));
}

const FRAMEWORK_PROBLEMS = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'BODY_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'MEDIA_TYPE_UNSUPPORTED',
  FST_ERR_HANDLER_TIMEOUT: 'TIMED_OUT',
} as const;

function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (isActorError(error)) return toProblem(error);
  const { code, statusCode } = (error ?? {}) as Partial<FastifyError>;
  const known = FRAMEWORK_PROBLEMS[code as keyof typeof FRAMEWORK_PROBLEMS];
  if (known !== undefined) return new Problem(known);
  const isClients = code?.startsWith('FST_ERR_') && statusCode !== undefined && statusCode >= 400 && statusCode < 500;
  return new Problem(isClients ? 'REQUEST_MALFORMED' : 'INTERNAL');
}

/** JSON in valid UTF-8 is the only body there is; an empty one is no body, whatever its declared type. */
function installJsonParser(app: App): void {
  app.removeAllContentTypeParsers();
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    if (body.length === 0) return done(null, undefined);
    if (!isUtf8(body)) return done(new Problem('REQUEST_MALFORMED'));
    return parse(request, body.toString(), done);
  });
}

/** Fills, as routes are added, the list that tells an unknown address from a wrong method. */
function collectRoutes(app: App): { method: string; pattern: RegExp }[] {
  const patterns: { method: string; pattern: RegExp }[] = [];
  app.addHook('onRoute', ({ method, url }) => {
    const source = url
      .split('/')
      .map((part) => (part.startsWith(':') ? '[^/]+' : part === '*' ? '.*' : part.replaceAll('.', '\\.')))
      .join('/');
    for (const one of [method].flat()) patterns.push({ method: one, pattern: new RegExp(`^${source}$`) });
  });
  return patterns;
}

const SOCKET_PROBLEMS: Readonly<Record<string, Problem>> = {
  ERR_HTTP_REQUEST_TIMEOUT: new Problem('REQUEST_TIMEOUT'),
  HPE_HEADER_OVERFLOW: new Problem('HEADERS_TOO_LARGE'),
};

/** The answer to what never became a request (garbage, oversized headers, a body that takes for ever). */
export function createClientErrorHandler(beginTrace: BeginTrace) {
  return (error: NodeJS.ErrnoException, socket: Socket): void => {
    if (error.code === 'ECONNRESET' || socket.destroyed) return;
    const problem = SOCKET_PROBLEMS[error.code ?? ''] ?? new Problem('REQUEST_MALFORMED');
    const { traceId } = beginTrace(undefined);
    const body = JSON.stringify(toDocument(problem, 'zh-CN', traceId));
    if (socket.writable) {
      const head = [
        `HTTP/1.1 ${problem.status} ${problem.code}`,
        'content-type: application/problem+json; charset=utf-8',
        `content-length: ${Buffer.byteLength(body)}`,
        'connection: close',
      ];
      socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
    }
    socket.destroySoon();
  };
}
