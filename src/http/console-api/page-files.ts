import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** Where `npm run build:console` puts the page. */
const BUILT_PAGE = join(import.meta.dirname, '../../../dist/console');

/** Nothing inline, nothing from elsewhere: text that a machine or a partner sent can never run. */
const PAGE_HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

const NOT_BUILT = 'The console page has not been built: run "npm run build:console" and restart.\n';

/**
 * Serves the page: `/console` and every path below it that is neither a file nor the API is the one HTML document, which
 * reads the path itself. The files carry their content's hash in their names and are kept for ever; the document is asked
 * for again each time. Routes: `GET /console`, `GET /console/*`, `GET /console/assets/*`.
 */
export async function registerPageFiles(app: FastifyInstance): Promise<void> {
  if (!existsSync(BUILT_PAGE)) {
    const refuse = (_: FastifyRequest, reply: FastifyReply) => reply.code(503).type('text/plain').send(NOT_BUILT);
    app.get('/console', refuse);
    app.get('/console/*', refuse);
    return;
  }
  await app.register(fastifyStatic, {
    root: join(BUILT_PAGE, 'assets'),
    prefix: '/console/assets/',
    immutable: true,
    maxAge: '365d',
    index: false,
    setHeaders: (reply) => {
      reply.headers(PAGE_HEADERS);
    },
  });
  const page = { cacheControl: false, immutable: false, maxAge: 0 };
  // What is not in the API is a problem document, not a page.
  const sendPage = (request: FastifyRequest, reply: FastifyReply) =>
    request.url.startsWith('/console/api/')
      ? reply.callNotFound()
      : reply.headers({ ...PAGE_HEADERS, 'cache-control': 'no-cache' }).sendFile('index.html', BUILT_PAGE, page);
  app.get('/console', sendPage);
  app.get('/console/*', sendPage);
}
