import { once } from 'node:events';
import { get, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createApp } from '../../src/http/app.ts';
import type { Answered, App } from '../../src/http/deps.ts';
import { beginStream } from '../../src/http/event-stream.ts';
import { Problem } from '../../src/http/problem.ts';
import { until } from '../support/server-process.ts';

let app: App;
let streaming: ServerResponse;
let slow: () => void;
let began: string[];
let answered: Answered[];
beforeEach(async () => {
  began = [];
  answered = [];
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const observer = {
    began: (method: string) => void began.push(method),
    answered: (answer: Answered) => void answered.push(answer),
    streamOpened: () => () => {},
  };
  app = createApp({ ids: { random: () => 'random-for-tests-1' }, log, observer });
  app.get('/things/:id', async () => ({ ok: true }));
  app.post('/things', async (_, reply) => reply.header('idempotency-replayed', 'true').code(201).send({}));
  app.get('/refused', async () => {
    throw new Problem('FORBIDDEN');
  });
  app.get('/slow', () => {
    slow();
    return new Promise(() => {});
  });
  app.get('/stream', async (_, reply) => {
    streaming = beginStream(reply);
    streaming.write('retry: 1\n\n');
    return reply;
  });
});

/** Over a real socket: what a test's own response remembers of its headers a real one need not. */
async function listenToStream(): Promise<IncomingMessage> {
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const [response] = (await once(get({ port, host: '127.0.0.1', path: '/stream' }), 'response')) as [IncomingMessage];
  await once(response.setEncoding('utf8'), 'data');
  return response;
}

function heard(): Promise<Answered> {
  return until('the end is told', 5_000, () => answered[0]);
}

afterEach(() => app.close());

const ask = async (method: 'GET' | 'POST', url: string) => {
  await app.inject({ method, url });
  return answered.at(-1);
};

describe('who measures a server', () => {
  it('hears of each request by its route, never by its path', async () => {
    expect(await ask('GET', '/things/42')).toMatchObject({
      method: 'GET',
      route: '/things/:id',
      status: 200,
      problem: undefined,
      isReplay: false,
      isStream: false,
      durationMs: expect.any(Number),
    });
    expect(await ask('GET', '/nothing/42')).toMatchObject({
      route: undefined,
      status: 404,
      problem: 'ROUTE_NOT_FOUND',
    });
    expect(began).toEqual(['GET', 'GET']);
  });

  it('hears by which problem one was refused, and which answer was a replay', async () => {
    expect(await ask('GET', '/refused')).toMatchObject({ status: 403, problem: 'FORBIDDEN' });
    expect(await ask('POST', '/things')).toMatchObject({ status: 201, isReplay: true, problem: undefined });
  });

  it('is told of a stream, whose length is no duration of an answer', async () => {
    const client = await listenToStream();
    expect(answered).toEqual([]);
    streaming.end();
    await once(client, 'close');
    expect(await heard()).toMatchObject({ route: '/stream', status: 200, isStream: true });
  });

  it('hears of a stream’s end also when its client has gone', async () => {
    const client = await listenToStream();
    client.destroy();
    await once(streaming, 'close');
    streaming.end();
    expect(await heard()).toMatchObject({ route: '/stream', isStream: true });
    expect([began.length, answered.length]).toEqual([1, 1]);
  });

  it('hears of a client that did not wait for its answer', async () => {
    await app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = app.server.address() as AddressInfo;
    const asked = get({ port, host: '127.0.0.1', path: '/slow' }).on('error', () => {});
    await new Promise<void>((resolve) => {
      slow = () => resolve();
    });
    asked.destroy();
    expect(await heard()).toMatchObject({ route: '/slow', status: 499, isStream: false });
  });
});
