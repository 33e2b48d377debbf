import type { FastifyReply, FastifyRequest } from 'fastify';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Its usual answer goes by `sendReady`, which brings the headers; otherwise it sets them itself. */
    sendsReady?: boolean;
  }
}

/** What a browser may do with any answer of ours: nothing. */
export const SECURITY_HEADERS = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** Sets what every answer carries; its request has its trace already. */
export function setAnswerHeaders(request: FastifyRequest, reply: FastifyReply): void {
  reply.headers(SECURITY_HEADERS).header('x-trace-id', request.trace.traceId);
  if (request.url.startsWith('/v1/')) reply.header('cache-control', 'no-store');
}
