import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Address } from '../../../src/actors/address.ts';
import { type Browser, type Console, serveConsole } from '../support/console-served.ts';
import { START } from '../support/served.ts';

/** Timers that fire when the test says so. */
class Timers {
  #pending: { readonly ms: number; readonly run: () => void }[] = [];

  readonly after = (ms: number, run: () => void) => {
    const timer = { ms, run };
    this.#pending.push(timer);
    return () => {
      this.#pending = this.#pending.filter((one) => one !== timer);
    };
  };

  fire(ms: number): void {
    const due = this.#pending.filter((timer) => timer.ms === ms);
    this.#pending = this.#pending.filter((timer) => timer.ms !== ms);
    for (const { run } of due) run();
  }

  get count(): number {
    return this.#pending.length;
  }
}

interface SseEvent {
  readonly id: string | undefined;
  readonly event: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read the fields they expect
  readonly data: any;
}

/** Reads a stream event by event. */
class EventReader {
  readonly controller = new AbortController();
  readonly #reader: ReadableStreamDefaultReader<string>;
  #text = '';

  constructor(body: ReadableStream<Uint8Array>) {
    this.#reader = body.pipeThrough(new TextDecoderStream() as never).getReader() as never;
  }

  /** The next event, comments left out; undefined at the end. */
  async next(): Promise<SseEvent | undefined> {
    for (;;) {
      const end = this.#text.indexOf('\n\n');
      if (end >= 0) {
        const block = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 2);
        const fields = new Map(block.split('\n').map((line) => line.split(/: (.*)/s) as [string, string]));
        const event = fields.get('event');
        if (event === undefined) continue;
        return { id: fields.get('id'), event, data: JSON.parse(fields.get('data') ?? '') };
      }
      const { value, done } = await this.#reader.read();
      if (done) return undefined;
      this.#text += value;
    }
  }

  cancel(): Promise<void> {
    return this.#reader.cancel();
  }
}

const BALANCE: Address = 'balance/u1';
const timers = new Timers();
let counts = { orders: 1 };
let countsChanged = () => {};
let console: Console;
let viewer: Browser;
let url: string;
let open: EventReader[] = [];
beforeEach(async () => {
  console = await serveConsole({
    clock: { now: () => console?.clock.now() ?? START, after: timers.after },
    topics: {
      counts: {
        roles: ['viewer', 'sre'],
        read: async () => counts,
        watch: (changed) => {
          countsChanged = changed;
          return () => {};
        },
      },
      secrets: { roles: ['sre'], read: async () => ({}), watch: () => () => {} },
    },
  });
  url = await console.app.listen({ host: '127.0.0.1', port: 0 });
  viewer = await console.signIn('viewer');
  open = [];
});
afterEach(async () => {
  for (const reader of open) await reader.cancel().catch(() => {});
  await console.close();
});

let posted = 0;
function post(): Promise<unknown> {
  posted += 1;
  return console.tell(BALANCE, {
    type: 'post',
    order: `${posted}`,
    n: 1,
    kind: 'credit',
    pendingFen: 1,
    availableFen: 0,
  });
}

async function stream(topics: string, headers: Record<string, string> = {}, browser = viewer): Promise<EventReader> {
  const target = `${url}/console/api/stream?topics=${encodeURIComponent(topics)}`;
  const response = await fetch(target, { headers: { cookie: browser.cookie, ...headers } });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  const reader = new EventReader(response.body as ReadableStream<Uint8Array>);
  open.push(reader);
  return reader;
}

const seqsOf = async (reader: EventReader, count: number) => {
  const seqs: number[] = [];
  while (seqs.length < count) seqs.push((await reader.next())?.data.row.seq);
  return seqs;
};

describe('the stream', () => {
  it('begins with the last record of an actor and goes on with each commit', async () => {
    await post();
    await post();
    const reader = await stream(`actor:${BALANCE}`);
    const first = await reader.next();
    expect(first).toMatchObject({
      event: 'row',
      id: `${BALANCE}=2`,
      data: { topic: `actor:${BALANCE}`, address: BALANCE, row: { seq: 2 } },
    });
    await post();
    expect(await seqsOf(reader, 1)).toEqual([3]);
  });

  it('tells every record of a burst once and in order, to all who look', async () => {
    await post();
    const readers = [await stream(`actor:${BALANCE}`), await stream(`actor:${BALANCE}`)];
    for (const reader of readers) expect(await seqsOf(reader, 1)).toEqual([1]);
    for (let n = 0; n < 20; n++) await post();
    for (const reader of readers) expect(await seqsOf(reader, 20)).toEqual(Array.from({ length: 20 }, (_, n) => n + 2));
  });

  it('waits for an actor that does not exist yet', async () => {
    const reader = await stream(`actor:${BALANCE}`);
    await post();
    expect(await seqsOf(reader, 1)).toEqual([1]);
  });

  it('goes on where it was cut off', async () => {
    for (let n = 0; n < 5; n++) await post();
    const reader = await stream(`actor:${BALANCE}`, { 'last-event-id': `order/1=9,${BALANCE}=2` });
    expect(await seqsOf(reader, 3)).toEqual([3, 4, 5]);
  });

  it('says so when too much was missed, and goes on from now', async () => {
    for (let n = 0; n < 450; n++) await post();
    const reader = await stream(`actor:${BALANCE}`, { 'last-event-id': `${BALANCE}=0` });
    let event = await reader.next();
    while (event?.event === 'row') event = await reader.next();
    expect(event).toMatchObject({ event: 'resync', data: { topic: `actor:${BALANCE}` } });
    await post();
    expect(await seqsOf(reader, 1)).toEqual([451]);
  });

  it('shows what another process commits, at the next poll', async () => {
    await post();
    const reader = await stream(`actor:${BALANCE}`);
    expect(await seqsOf(reader, 1)).toEqual([1]);
    const [record] = await console.journal.page(BALANCE, 0, 1);
    const foreign = { ...record, seq: 2, node: 'another', messages: [{ ...record?.messages[0], id: 'other' }] };
    await console.journal.append([JSON.parse(JSON.stringify(foreign))]);
    timers.fire(250);
    expect(await seqsOf(reader, 1)).toEqual([2]);
  });

  it('tells a list at once, then when it is another, at most once a second', async () => {
    counts = { orders: 1 };
    const reader = await stream('counts');
    expect(await reader.next()).toEqual({
      id: undefined,
      event: 'list',
      data: { topic: 'counts', data: { orders: 1 } },
    });
    countsChanged();
    timers.fire(1_000);
    for (const orders of [2, 3, 4]) {
      counts = { orders };
      countsChanged();
    }
    timers.fire(1_000);
    expect((await reader.next())?.data.data).toEqual({ orders: 4 });
  });

  it('refuses topics that nobody knows or the role may not see', async () => {
    const code = async (topics: string) => (await viewer.get(`/stream?topics=${topics}`)).body.code;
    for (const topics of ['weather', 'actor:dragon/1', 'actor:order', 'constructor', 'actor:order/-x']) {
      expect(await code(encodeURIComponent(topics)), topics).toBe('TOPIC_INVALID');
    }
    expect(await code('secrets')).toBe('ROLE_REQUIRED');
    expect(await code(Array.from({ length: 21 }, (_, n) => `actor:order/${n}`).join(','))).toBe('TOPIC_INVALID');
  });

  it.each([
    ['signs out', async () => await viewer.call('DELETE', '/session')],
    ['is disabled', async () => await console.tell('staff/viewer', { type: 'disable', by: 'admin', reason: 'left' })],
    [
      'gets another role',
      async () => await console.tell('staff/viewer', { type: 'setRole', role: 'sre', by: 'a', reason: 'b' }),
    ],
  ])('ends at once when the user %s', async (_, end) => {
    const reader = await stream('counts');
    await reader.next();
    await end();
    expect(await reader.next()).toMatchObject({ event: 'end', data: { code: 'SESSION_ENDED' } });
    expect(await reader.next()).toBeUndefined();
  });

  it('ends with a session that was idle too long, since an open page alone is no sign of life', async () => {
    const reader = await stream('counts');
    await reader.next();
    console.clock.value += 31 * 60_000;
    timers.fire(20_000);
    expect(await reader.next()).toMatchObject({ event: 'end' });
  });

  it('goes on when another session of the same user signs out', async () => {
    const reader = await stream('counts');
    await reader.next();
    const other = console.browser();
    await other.signIn('viewer');
    await other.call('DELETE', '/session');
    counts = { orders: 9 };
    countsChanged();
    timers.fire(1_000);
    expect((await reader.next())?.data.data).toEqual({ orders: 9 });
  });

  it('cuts off a client that does not read, instead of keeping everything for it', async () => {
    const { port } = new URL(url);
    const idle = timers.count;
    const socket = connect(Number(port), '127.0.0.1');
    socket.pause();
    socket.write(`GET /console/api/stream?topics=counts HTTP/1.1\r\nhost: x\r\ncookie: ${viewer.cookie}\r\n\r\n`);
    const closed = new Promise<string>((resolve) => socket.on('close', () => resolve('cut off')).on('error', () => {}));
    const isFollowed = () => timers.count > idle;
    const blob = 'x'.repeat(500_000);
    while (!isFollowed()) await new Promise((resolve) => setImmediate(resolve));
    for (let n = 0; n < 100 && isFollowed(); n++) {
      counts = { orders: n, blob } as never;
      countsChanged();
      timers.fire(1_000);
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(isFollowed()).toBe(false);
    socket.resume();
    expect(await closed).toBe('cut off');
  });

  it('is open for one person in 20 pages at most, and never for a HEAD', async () => {
    for (let n = 0; n < 20; n++) await stream('counts');
    expect((await viewer.get('/stream?topics=counts')).body.code).toBe('STREAMS_FULL');
    expect((await viewer.call('HEAD', '/stream?topics=counts')).status).toBe(404);
    await stream('counts', {}, await console.signIn('sre'));
  });

  it('leaves nothing behind when nobody looks any more', async () => {
    const before = timers.count;
    const reader = await stream(`actor:${BALANCE},counts`);
    expect(timers.count).toBeGreaterThan(before);
    await reader.cancel();
    for (let n = 0; n < 100 && timers.count > before; n++) await new Promise((resolve) => setImmediate(resolve));
    expect(timers.count).toBe(before);
  });

  it('ends when the server closes, and does not hold that up', async () => {
    const reader = await stream('counts');
    await reader.next();
    const closing = console.app.close();
    expect(await reader.next()).toBeUndefined();
    await closing;
  });
});
