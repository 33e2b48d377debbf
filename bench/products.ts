/**
 * How near a cached product comes to what Fastify can do at all: requests a second of both, from one process to another,
 * in turns within one run.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { perSecond } from './world.ts';

interface Servers {
  readonly productUrl: string;
  readonly bareUrl: string;
  readonly token: string;
}

const CONNECTIONS = 32;
const ROUNDS = 5;

/** `scale` 1 takes about fifteen seconds. */
export async function productFigures(scale: number) {
  const child = fork(new URL('./products-server.ts', import.meta.url));
  const [{ productUrl, bareUrl, token }] = (await once(child, 'message')) as [Servers];
  const roundMs = Math.max(100, 1_500 * scale);
  const measure = {
    bare: () => load(new URL(bareUrl), '', roundMs),
    product: () => load(new URL(productUrl), `authorization: Bearer ${token}\r\n`, roundMs),
  };
  await measure.bare();
  await measure.product();
  const rounds = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const [barePerSecond, productPerSecond] = [await measure.bare(), await measure.product()];
    rounds.push({ barePerSecond, productPerSecond, ratio: Math.round((productPerSecond / barePerSecond) * 100) / 100 });
  }
  child.disconnect();
  await once(child, 'exit');
  rounds.sort((a, b) => a.ratio - b.ratio);
  return rounds[Math.floor(ROUNDS / 2)] as (typeof rounds)[number];
}

export function productLines(figures: Awaited<ReturnType<typeof productFigures>>): string[] {
  const { productPerSecond, barePerSecond, ratio } = figures;
  return [
    `cached product     ${productPerSecond}/s; a bare Fastify route with the same body ${barePerSecond}/s; ratio ${ratio}`,
  ];
}

/** Requests answered a second over connections that each send the next as soon as the last is answered. */
async function load(url: URL, headers: string, roundMs: number): Promise<number> {
  const request = Buffer.from(`GET ${url.pathname} HTTP/1.1\r\nhost: ${url.host}\r\n${headers}\r\n`);
  const sockets = await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      const socket = connect(Number(url.port), url.hostname).setNoDelay();
      await once(socket, 'connect');
      return socket;
    }),
  );
  let answered = 0;
  let isOver = false;
  const startedAt = performance.now();
  const lanes = sockets.map((socket) =>
    exchange(socket, request, () => {
      answered += 1;
      return !isOver;
    }),
  );
  const timer = setTimeout(() => {
    isOver = true;
  }, roundMs);
  await Promise.all(lanes);
  clearTimeout(timer);
  return perSecond(answered, performance.now() - startedAt);
}

/** All answers of a lane have the same length, which the first one tells. */
function exchange(socket: Socket, request: Buffer, again: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    let length = 0;
    let received = 0;
    socket.on('error', reject);
    socket.on('data', (chunk) => {
      received += chunk.length;
      if (length === 0) length = lengthOf(chunk);
      if (received < length) return;
      received = 0;
      if (again()) socket.write(request);
      else {
        socket.destroy();
        resolve();
      }
    });
    socket.write(request);
  });
}

function lengthOf(answer: Buffer): number {
  const text = answer.toString('latin1');
  const head = text.indexOf('\r\n\r\n') + 4;
  const body = /^content-length: (\d+)\r$/im.exec(text.slice(0, head))?.[1];
  if (!text.startsWith('HTTP/1.1 200') || body === undefined)
    throw new Error(`an unexpected answer: ${text.slice(0, 200)}`);
  return head + Number(body);
}
