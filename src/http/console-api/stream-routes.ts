import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Address, isActorId, toAddress, typeOf } from '../../actors/address.ts';
import type { App } from '../deps.ts';
import { beginStream } from '../event-stream.ts';
import { Problem } from '../problem.ts';
import { lookersAt } from './access.ts';
import { ActorFeeds } from './actor-feeds.ts';
import type { ConsoleRouteDeps, Staff } from './console-deps.ts';
import { SESSION_COOKIE, staffOf } from './guard.ts';
import { toJournalRow } from './journal-views.ts';
import { ListFeeds } from './list-feeds.ts';
import { type StreamEvents, StreamQuery } from './schemas.ts';

const HEARTBEAT_MS = 20_000;
const MAX_TOPICS = 20;
const MAX_STREAMS = 200;
/** Pages that one person has open. */
const MAX_OF_ONE = 20;
/** A client that leaves so much unread is cut off; it comes back and goes on where it was. */
const MAX_UNREAD_BYTES = 1024 * 1024;
const RETRY_MS = 2_000;

interface Topics {
  /** In the order asked for. */
  readonly actors: readonly Address[];
  readonly lists: readonly string[];
}

/** One stream per page: what changes in whatever that page shows. */
export function streamRoutes(app: App, deps: ConsoleRouteDeps): void {
  const feeds = { actors: new ActorFeeds(deps), lists: new ListFeeds(deps) };
  /** By whom each is open. */
  const open = new Map<Stream, string>();
  app.addHook('preClose', async () => {
    for (const stream of [...open.keys()]) stream.close();
  });

  // A HEAD would hold a stream open and read nothing of it.
  const options = { schema: { querystring: StreamQuery }, exposeHeadRoute: false };
  app.get('/console/api/stream', options, async (request, reply) => {
    const staff = staffOf(request);
    const topics = topicsOf(deps, request.query.topics, staff);
    const known = await positionsOf(deps, topics, deps.veil.uncover(String(request.headers['last-event-id'] ?? '')));
    const ownCount = [...open.values()].filter((name) => name === staff.name).length;
    if (open.size >= MAX_STREAMS || ownCount >= MAX_OF_ONE) throw new Problem('STREAMS_FULL');
    const stream = new Stream(request, reply);
    open.set(stream, staff.name);
    const gone = deps.observer?.streamOpened('console');
    stream.onClose(() => {
      open.delete(stream);
      gone?.();
    });
    guardStream(deps, feeds.actors, stream, staff, request.cookies[SESSION_COOKIE] ?? '');
    followAll(deps, feeds, stream, topics, known);
  });
}

/** @throws TOPIC_INVALID, ROLE_REQUIRED */
function topicsOf({ cards, topics = {} }: ConsoleRouteDeps, text: string, { role }: Staff): Topics {
  const names = [...new Set(text.split(','))];
  const invalid = new Problem('TOPIC_INVALID', { extra: { topics: Object.keys(topics) } });
  if (names.length > MAX_TOPICS) throw invalid;
  const actors = names
    .filter((name) => name.startsWith('actor:'))
    .map((name) => {
      const [type = '', id] = name.slice('actor:'.length).split('/');
      if (!cards.has(type) || !isActorId(id) || !lookersAt(type).includes(role)) throw invalid;
      return toAddress(type, id);
    });
  const lists = names.filter((name) => !name.startsWith('actor:'));
  for (const name of lists) {
    const topic = Object.hasOwn(topics, name) ? topics[name] : undefined;
    if (topic === undefined) throw invalid;
    if (!topic.roles.includes(role)) throw new Problem('ROLE_REQUIRED', { extra: { role, roles: [...topic.roles] } });
  }
  return { actors, lists };
}

/**
 * Where each actor's rows go on: after what the client had when it was cut off, else with the last record there is, by
 * which the page sees whether it has missed one since it asked for the actor.
 */
async function positionsOf(
  { actors }: ConsoleRouteDeps,
  topics: Topics,
  lastEventId: unknown,
): Promise<Map<Address, number>> {
  const told = new Map(
    String(lastEventId ?? '')
      .slice(0, 4_000)
      .split(',')
      .map((one) => {
        const [address = '', seq] = one.split('=');
        return [address, Number(seq)] as const;
      }),
  );
  const positions = await Promise.all(
    topics.actors.map(async (address) => {
      const resumed = told.get(address);
      if (Number.isSafeInteger(resumed) && Number(resumed) >= 0) return [address, Number(resumed)] as const;
      return [address, Math.max(0, ((await actors.inspect(address))?.seq ?? 0) - 1)] as const;
    }),
  );
  return new Map(positions);
}

function followAll(
  deps: ConsoleRouteDeps,
  feeds: { readonly actors: ActorFeeds; readonly lists: ListFeeds },
  stream: Stream,
  { actors, lists }: Topics,
  positions: Map<Address, number>,
): void {
  /** Positions of all actors: what the client sends back to go on. */
  const { veil } = deps;
  const id = () => [...positions].map(([address, seq]) => `${veil.text(address)}=${seq}`).join(',');
  for (const address of actors) {
    const entry = deps.cards.entry(typeOf(address));
    const topic = `actor:${address}`;
    const follower = {
      seq: positions.get(address) ?? 0,
      next(record: Parameters<typeof toJournalRow>[0]) {
        positions.set(address, record.seq);
        const data = veil.cover({ topic, address, row: toJournalRow(record, entry) });
        stream.send('row', JSON.stringify(data), id());
      },
      lost() {
        positions.set(address, this.seq);
        stream.send('resync', JSON.stringify(veil.cover({ topic })), id());
      },
    };
    stream.onClose(feeds.actors.follow(address, follower));
  }
  for (const name of lists) {
    const topic = deps.topics?.[name];
    if (topic === undefined) continue;
    const send = (json: string) => stream.send('list', `{"topic":${JSON.stringify(name)},"data":${json}}`);
    stream.onClose(feeds.lists.follow(name, topic, send));
  }
}

/** Keeps the stream alive, and ends it with its session: at once when the user is changed or signs out. */
function guardStream(deps: ConsoleRouteDeps, feeds: ActorFeeds, stream: Stream, staff: Staff, token: string): void {
  const { sessions, clock, log } = deps;
  const recheck = async () => {
    try {
      if (await sessions.isOpen(token)) return;
    } catch (error) {
      log.warn('a session cannot be checked just now', { error });
      return;
    }
    stream.send('end', JSON.stringify({ code: 'SESSION_ENDED' }));
    stream.close();
  };
  let cancel = () => {};
  const beat = () => {
    cancel = clock.after(HEARTBEAT_MS, () => {
      stream.comment('alive');
      void recheck();
      beat();
    });
  };
  beat();
  stream.onClose(() => cancel());
  const follower = { seq: 0, next: () => void recheck(), lost: () => void recheck() };
  stream.onClose(feeds.follow(toAddress('staff', staff.name), follower));
}

/** One SSE response. Whatever is sent after its end is dropped. */
class Stream {
  readonly #reply: FastifyReply;
  readonly #closing: (() => void)[] = [];
  #isOpen = true;

  constructor(request: FastifyRequest, reply: FastifyReply) {
    this.#reply = reply;
    beginStream(reply).write(`retry: ${RETRY_MS}\n\n`);
    request.raw.on('close', () => this.close());
    reply.raw.on('error', () => this.close());
  }

  /** `json` holds no line breaks, as JSON on one line never does. */
  send(event: keyof StreamEvents, json: string, id?: string): void {
    this.#write(`${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${json}\n\n`);
  }

  comment(text: string): void {
    this.#write(`: ${text}\n\n`);
  }

  /** Calls `then` once, when the stream ends. */
  onClose(then: () => void): void {
    if (this.#isOpen) this.#closing.push(then);
    else then();
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    for (const then of this.#closing) then();
    this.#reply.raw.end();
  }

  #write(text: string): void {
    if (!this.#isOpen) return;
    const { raw } = this.#reply;
    raw.write(text);
    if (raw.writableLength <= MAX_UNREAD_BYTES) return;
    raw.destroy();
    this.close();
  }
}
