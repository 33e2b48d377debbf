/**
 * The one stream of a tab. Components say what they watch; the stream is asked for all of it, goes on where it broke
 * off, and says how it is: a page that is not live must not look as if it were.
 */
import { useEffect, useRef } from 'preact/hooks';
import type { StreamEvents } from '../../console-api/schemas.ts';
import { session } from './api.ts';
import { now } from './clock.ts';
import { readEvents, type StreamEvent } from './event-stream.ts';
import { observable } from './observable.ts';

export type Live = { readonly state: 'live' | 'connecting' | 'offline'; readonly since: number };
type LiveEvent = { [K in keyof StreamEvents]: { readonly type: K } & StreamEvents[K] }[keyof StreamEvents];
type Listener = (event: LiveEvent) => void;

/** Two missed heartbeats of 20 s. */
const SILENT_MS = 45_000;
const RETRY_MS = [250, 500, 1000, 2000, 5000];
/** Topics of a page come and go together; one new stream for all of them. */
const GATHER_MS = 20;

export const live = observable<Live>({ state: 'connecting', since: now() });

const watchers = new Map<string, Set<Listener>>();
let running: AbortController | null = null;
let lastId: string | null = null;
let runningTopics = '';

/**
 * Hears of a topic, or of several joined by commas, for as long as the component is there; null watches nothing. `resync`
 * means: ask again by GET.
 */
export function useLive(topic: string | null, listener: Listener): void {
  const latest = useRef(listener);
  latest.current = listener;
  useEffect(() => {
    const stops = (topic?.split(',') ?? []).map((one) => watch(one, (event) => latest.current(event)));
    return () => {
      for (const stop of stops) stop();
    };
  }, [topic]);
}

function watch(topic: string, listener: Listener): () => void {
  const listeners = watchers.get(topic) ?? new Set();
  watchers.set(topic, listeners.add(listener));
  setTimeout(refresh, GATHER_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) watchers.delete(topic);
    setTimeout(refresh, GATHER_MS);
  };
}

/** Ends the stream and begins a new one when something else is watched now. */
function refresh(): void {
  const topics = [...watchers.keys()].sort().join(',');
  if (topics === runningTopics && running !== null) return;
  runningTopics = topics;
  running?.abort();
  running = null;
  if (topics === '' || !session.get()) return;
  running = new AbortController();
  void run(topics, running.signal);
}

session.subscribe(() => {
  runningTopics = '';
  refresh();
});

async function run(topics: string, stopped: AbortSignal): Promise<void> {
  for (let failures = 0; !stopped.aborted; failures += 1) {
    const isOver = await connect(topics, stopped, () => {
      if (failures > 0) resyncAll();
      failures = 0;
    }).catch(() => false);
    if (isOver || stopped.aborted) return;
    if (live.get().state !== 'offline') setState(failures === 0 ? 'connecting' : 'offline');
    await pause(RETRY_MS[Math.min(failures, RETRY_MS.length - 1)] ?? 0, stopped);
  }
}

/** Resolves when the stream has ended: true when it must not be asked for again. */
async function connect(topics: string, stopped: AbortSignal, onOpen: () => void): Promise<boolean> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), SILENT_MS);
  try {
    const response = await fetch(`/console/api/stream?topics=${encodeURIComponent(topics)}`, {
      headers: { accept: 'text/event-stream', ...(lastId === null ? {} : { 'last-event-id': lastId }) },
      signal: AbortSignal.any([stopped, silence.signal]),
    });
    if (response.status === 401) session.set(null);
    if (!response.ok || response.body === null) return response.status === 401 || response.status === 403;
    setState('live');
    onOpen();
    const onBytes = () => {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENT_MS);
    };
    for await (const event of readEvents(response.body, onBytes)) if (dispatch(event)) return true;
    return false;
  } finally {
    clearTimeout(timer);
  }
}

/** Returns whether the server has said that it is over. */
function dispatch({ id, event, data }: StreamEvent): boolean {
  if (id !== null) lastId = id;
  const message = { type: event, ...JSON.parse(data) } as LiveEvent;
  if (message.type === 'end') {
    session.set(null);
    return true;
  }
  for (const listener of [...(watchers.get(message.topic) ?? [])]) listener(message);
  return false;
}

/** After a break everything is asked for again: cheap, and right whatever was missed. */
function resyncAll(): void {
  for (const [topic, listeners] of watchers) for (const listener of [...listeners]) listener({ type: 'resync', topic });
}

function setState(state: Live['state']): void {
  if (live.get().state !== state) live.set({ state, since: now() });
}

function pause(ms: number, stopped: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    stopped.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
