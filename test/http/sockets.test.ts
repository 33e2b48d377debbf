import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createClientErrorHandler } from '../../src/http/errors.ts';
import { createTraces } from '../../src/http/trace.ts';
import { type Served, serve } from './support/served.ts';

let server: Served;
let socket: Socket;
let received = '';
beforeEach(async () => {
  server = await serve();
  await server.app.listen({ host: '127.0.0.1', port: 0 });
  socket = connect((server.app.server.address() as AddressInfo).port, '127.0.0.1');
  received = '';
  socket.on('data', (data) => {
    received += data;
  });
  await once(socket, 'connect');
});
afterEach(async () => {
  socket.destroy();
  await server.app.close();
});

async function ended(): Promise<{ head: string; body: { code: string; status: number; traceId: string } }> {
  await once(socket, 'close');
  const [head = '', body = ''] = received.split('\r\n\r\n');
  return { head, body: JSON.parse(body) };
}

describe('what never becomes a request', () => {
  it('is answered as a problem when it is no HTTP', async () => {
    socket.write('garbage\r\n\r\n');
    const { head, body } = await ended();
    expect(head).toMatch(/^HTTP\/1\.1 400 .*content-type: application\/problem\+json/s);
    expect(body).toMatchObject({
      code: 'REQUEST_MALFORMED',
      status: 400,
      traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
  });

  it('is answered as a problem when the headers are too large', async () => {
    socket.write(`GET /v1/orders/${'9'.repeat(40_000)} HTTP/1.1\r\nhost: x\r\n\r\n`);
    expect((await ended()).body).toMatchObject({ code: 'HEADERS_TOO_LARGE', status: 431 });
  });

  it('is answered as a problem when two lengths are given', async () => {
    socket.write('POST /v1/withdrawals HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}');
    expect((await ended()).body).toMatchObject({ code: 'REQUEST_MALFORMED' });
    socket.destroy();
  });

  it('is answered as a problem when a length and chunks are given', async () => {
    socket.write(
      'POST /v1/withdrawals HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    );
    expect((await ended()).body).toMatchObject({ code: 'REQUEST_MALFORMED' });
  });

  it('is answered 408 when it does not arrive in time', () => {
    // Node itself raises this after `requestTimeout`; here it is raised by hand, so that nothing waits.
    const written: string[] = [];
    const fake = {
      destroyed: false,
      writable: true,
      write: (text: string) => written.push(text),
      destroySoon: () => {},
    };
    const error = Object.assign(new Error(), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
    createClientErrorHandler(createTraces({ random: () => 'r' }))(error, fake as unknown as Socket);
    expect(written.join()).toMatch(/^HTTP\/1\.1 408 .*"code":"REQUEST_TIMEOUT"/s);
    expect(server.app.server).toMatchObject({ requestTimeout: 10_000, headersTimeout: 10_000, timeout: 30_000 });
  });
});

describe('closing', () => {
  it('answers a request that comes on an open connection with 503, and finishes the one before', async () => {
    const entered = Promise.withResolvers<void>();
    const release = Promise.withResolvers<undefined>();
    server.actors.inspect = () => {
      entered.resolve();
      return release.promise;
    };
    const request = `GET /v1/account HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${await server.user()}\r\n\r\n`;
    socket.write(request);
    await entered.promise;
    const closed = server.app.close();
    socket.write(request);
    // The second is taken while the first still runs: answers come in the order of requests.
    const taken = once(server.app.server, 'request');
    await taken;
    release.resolve(undefined);
    await closed;
    await once(socket, 'close');
    expect(received.match(/HTTP\/1\.1 (\d+)/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 503']);
    expect(received).toContain('"code":"RUNTIME_STOPPING"');
  });
});
