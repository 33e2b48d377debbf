import { beforeEach, describe, expect, it } from 'vitest';
import { createApp } from '../../src/http/app.ts';
import type { Answered, App } from '../../src/http/deps.ts';
import { Problem } from '../../src/http/problem.ts';

let app: App;
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
  app.get('/stream', async (_, reply) => {
    reply.hijack();
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' }).end();
    return reply;
  });
});

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
    expect(await ask('GET', '/stream')).toMatchObject({ route: '/stream', isStream: true });
  });
});
