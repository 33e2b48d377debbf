/** Loads an actor's journal from its end backwards, window by window, and goes on with what is committed. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { JournalPage, JournalRow } from '../../console-api/schemas.ts';
import { actorPath, get } from '../lib/api.ts';
import { useLive } from '../lib/live.ts';
import { History } from './history.ts';

/** What is looked at is there at once; the rest in pieces that hold up no other request. */
const FIRST_WINDOW = 200;
const WINDOW = 1000;

export interface LiveHistory {
  readonly history: History;
  /** Grows whenever rows were added. */
  readonly version: number;
}

/** `lastSeq` where to begin, undefined as long as it is not known. `onRow` hears of each row as it is committed. */
export function useHistory(
  address: string,
  rootId: string,
  lastSeq: number | undefined,
  onRow: (row: JournalRow) => void,
): LiveHistory {
  const history = useMemo(() => new History(rootId), [address, rootId]);
  const [version, setVersion] = useState(0);
  const listener = useRef(onRow);
  listener.current = onRow;

  const take = (rows: readonly JournalRow[]) => {
    const before = history.lastSeq;
    if (!history.add(rows)) return false;
    setVersion((n) => n + 1);
    if (before > 0) for (const row of rows) if (row.seq > before) listener.current(row);
    return true;
  };

  useEffect(() => {
    if (lastSeq === undefined) return;
    const stopped = new AbortController();
    void load(history, address, lastSeq, take, stopped.signal).catch(() => {});
    return () => stopped.abort();
  }, [history, lastSeq]);

  useLive(`actor:${address}`, (event) => {
    if (event.type === 'row') {
      if (history.lastSeq > 0 && !take([event.row])) void catchUp(history, address, take).catch(() => {});
    } else if (event.type === 'resync' && history.lastSeq > 0) void catchUp(history, address, take).catch(() => {});
  });
  return { history, version };
}

type Take = (rows: readonly JournalRow[]) => boolean;

/** The last window first, since that is what is looked at; then what is before it, and what came meanwhile. */
async function load(
  history: History,
  address: string,
  lastSeq: number,
  take: Take,
  signal: AbortSignal,
): Promise<void> {
  if (history.lastSeq === 0) take(await windowOf(address, Math.max(0, lastSeq - FIRST_WINDOW), FIRST_WINDOW, signal));
  else if (lastSeq > history.lastSeq) await catchUp(history, address, take, signal);
  while (history.firstSeq > 1) {
    const after = Math.max(0, history.firstSeq - 1 - WINDOW);
    take(await windowOf(address, after, history.firstSeq - 1 - after, signal));
  }
}

async function catchUp(history: History, address: string, take: Take, signal?: AbortSignal): Promise<void> {
  for (;;) {
    const rows = await windowOf(address, history.lastSeq, WINDOW, signal);
    if (rows.length === 0) return;
    take(rows);
    if (rows.length < WINDOW) return;
  }
}

async function windowOf(
  address: string,
  after: number,
  limit: number,
  signal?: AbortSignal,
): Promise<readonly JournalRow[]> {
  const path = `${actorPath(address)}/journal?after=${after}&limit=${limit}`;
  return (await get<JournalPage>(path, signal === undefined ? {} : { signal })).data;
}
