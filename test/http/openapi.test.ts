import { beforeAll, describe, expect, it } from 'vitest';
import { ACCESS } from '../../src/http/access.ts';
import { PROBLEMS } from '../../src/http/problem-codes.ts';
import { PAYEE, type Served, serve } from './support/served.ts';

// biome-ignore lint/suspicious/noExplicitAny: a document of another standard
type Document = any;

let server: Served;
let document: Document;
beforeAll(async () => {
  server = await serve();
  ({ body: document } = await server.call('GET', '/openapi.json'));
});

const methodsOf = (path: object) => Object.entries(path) as [string, Document][];

function operations(): { name: string; operation: Document }[] {
  return Object.entries(document.paths as Record<string, object>).flatMap(([path, item]) =>
    methodsOf(item).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation })),
  );
}

/** Every schema of an object within `node`, with its place. */
function* objectsIn(node: Document, place: string): Generator<[string, Document]> {
  if (node === null || typeof node !== 'object') return;
  if (node.type === 'object' || (Array.isArray(node.type) && node.type.includes('object'))) yield [place, node];
  for (const [key, inner] of Object.entries(node)) yield* objectsIn(inner, `${place}/${key}`);
}

describe('the API document', () => {
  it('is OpenAPI 3.1.0 in JSON, and holds all it refers to', async () => {
    const { status, headers } = await server.call('GET', '/openapi.json');
    expect([status, headers['content-type']]).toEqual([200, 'application/json; charset=utf-8']);
    expect(document).toMatchObject({ openapi: '3.1.0', info: { title: 'taoke-rebate', version: '0.0.0' } });
    for (const [, ref = ''] of JSON.stringify(document).matchAll(/"\$ref":"#([^"]+)"/g)) {
      const found = ref
        .split('/')
        .slice(1)
        .reduce((node: Document, key) => node?.[key], document);
      expect(found, ref).toBeDefined();
    }
  });

  it('has exactly the routes that are served', () => {
    const rows = Object.keys(ACCESS)
      .filter((row) => !row.includes(' /docs') && !row.includes(' /openapi.json'))
      .map((row) => row.replaceAll(/:(\w+)/g, '{$1}'));
    expect(
      operations()
        .map(({ name }) => name)
        .sort(),
    ).toEqual(rows.sort());
  });

  it('says of each route what it is for, who may call it and every refusal by its code', () => {
    for (const { name, operation } of operations()) {
      expect(operation.summary, name).toMatch(/[\u4e00-\u9fff].* \/ [A-Z]/);
      expect(operation.tags, name).toHaveLength(1);
      if (name.includes(' /v1/')) expect(operation.security, name).toEqual([{ bearer: [] }]);
      for (const [status, response] of Object.entries(operation.responses as Record<string, Document>)) {
        if (Number(status) < 400) continue;
        const codes = [...response.description.matchAll(/`([A-Z_]+)`/g)].map(
          ([, code]) => code as keyof typeof PROBLEMS,
        );
        expect(codes.length, `${name} ${status}`).toBeGreaterThan(0);
        for (const code of codes) expect(PROBLEMS[code].status, code).toBe(Number(status));
        expect(response.content).toHaveProperty(['application/problem+json', 'schema', 'properties', 'code']);
      }
    }
  });

  it('closes every request body and query to unknown fields', () => {
    for (const { name, operation } of operations()) {
      const schema = operation.requestBody?.content?.['application/json']?.schema;
      if (!/^(POST|PUT)/.test(name)) expect(schema, name).toBeUndefined();
      else expect(schema, name).toBeDefined();
      for (const [place, object] of objectsIn(schema, name)) expect(object.additionalProperties, place).toBe(false);
    }
  });

  it('keeps constants and null types as JSON Schema has them', () => {
    const account = document.paths['/v1/account'].get.responses['200'].content['application/json'].schema;
    expect(account.properties.currency).toMatchObject({ const: 'CNY' });
    const order = document.paths['/v1/orders/{tradeId}'].get.responses['200'].content['application/json'].schema;
    expect(order.properties.paidAt.type).toEqual(['string', 'null']);
  });

  it('describes the parameters by what to send', () => {
    for (const { name, operation } of operations()) {
      for (const parameter of operation.parameters ?? []) {
        expect(parameter.description, `${name} ${parameter.name}`).toMatch(/./);
        expect(parameter.required, `${name} ${parameter.name}`).toBe(
          parameter.in !== 'query' || parameter.name === 'q',
        );
      }
    }
    const [limit] = document.paths['/v1/orders'].get.parameters;
    expect(limit).toMatchObject({
      name: 'limit',
      in: 'query',
      schema: { type: 'integer', minimum: 1, maximum: 100, default: 20 },
    });
  });

  it('shows examples that the server takes', async () => {
    const { properties } = document.paths['/v1/withdrawals'].post.requestBody.content['application/json'].schema;
    const [identity] = properties.account.properties.identity.examples;
    const [name] = properties.account.properties.name.examples;
    const [amountFen] = properties.amountFen.examples;
    const { status } = await server.call('POST', '/v1/withdrawals', {
      token: await server.user('u9'),
      headers: { 'idempotency-key': 'k' },
      body: { amountFen, account: { identity, name } },
    });
    expect(status).toBe(409);
    expect({ identity, name }).toEqual(PAYEE);
  });
});

describe('/docs', () => {
  it('serves the pages with what they need from here alone', async () => {
    const page = await server.call('GET', '/docs');
    expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page.headers['content-security-policy']).toContain("default-src 'self'");
    expect(page.headers['content-security-policy']).not.toContain('upgrade-insecure-requests');
    const assets = [...page.text.matchAll(/(?:src|href)="\.?\/?([^"]+)"/g)].map(([, asset]) => asset);
    expect(assets.length).toBeGreaterThan(3);
    for (const asset of assets) {
      expect(asset).not.toMatch(/^https?:/);
      expect((await server.call('GET', `/${asset?.replace(/^docs\//, 'docs/')}`)).status, asset).toBe(200);
    }
    expect((await server.call('GET', '/docs/json')).body).toEqual(document);
  });

  it.each([
    '/docs/static/none.js',
    '/docs/static/../../package.json',
    '/docs/static/%2e%2e/%2e%2e/package.json',
    '/docs/nothing',
  ])('has nothing at %s', async (url) => {
    expect(await server.call('GET', url)).toMatchObject({ status: 404, body: { code: 'ROUTE_NOT_FOUND' } });
  });
});
