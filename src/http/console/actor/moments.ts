/** The moment that an actor's page shows: the present, or any past seq. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { JournalRow } from '../../console-api/schemas.ts';
import { type Observable, observable } from '../lib/observable.ts';
import { actorHref, navigate } from '../lib/router.ts';
import type { LiveMoment } from './chart-panel.tsx';
import type { History } from './history.ts';
import { type LiveHistory, useHistory } from './use-history.ts';

const SETTLE_MS = 120;

export interface Moments extends LiveHistory {
  /** The seq being viewed; null is the present. It moves with every pixel of a drag. */
  readonly cursor: Observable<number | null>;
  /** The same once it rests: what is asked from the server follows this one. */
  readonly settled: number | null;
  readonly moment: Observable<LiveMoment>;
  /** Commits since the present was left. */
  readonly newCount: number;
}

const NOTHING: LiveMoment = { active: new Set(), fired: [], visits: () => 0, isLive: false };

/** `from` is the seq of the address; `onCommit` hears of each commit, whatever is being viewed. */
export function useMoments(
  address: string,
  rootId: string,
  lastSeq: number | undefined,
  from: number | null,
  onCommit: (row: JournalRow) => void,
): Moments {
  const cursor = useMemo(() => observable<number | null>(from), [address]);
  const moment = useMemo(() => observable<LiveMoment>(NOTHING), [address]);
  const [settled, setSettled] = useState<number | null>(from);
  const [newCount, setNewCount] = useState(0);
  const known = useRef<History | null>(null);

  const light = (isLive: boolean) => {
    const history = known.current;
    const seq = cursor.get() ?? history?.lastSeq ?? 0;
    const row = history?.at(seq);
    if (history === null || row === undefined) return;
    const visits = (id: string) => history.visits(id, seq);
    moment.set({ active: new Set(history.activeIn(row.state)), fired: row.edges, visits, isLive });
  };
  const live = useHistory(address, rootId, lastSeq, (row) => {
    if (cursor.get() === null) light(true);
    else setNewCount((n) => n + 1);
    onCommit(row);
  });
  known.current = live.history;

  useEffect(() => light(false), [live.history, live.version, moment]);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = cursor.subscribe(() => {
      light(false);
      clearTimeout(timer);
      timer = setTimeout(() => {
        const seq = cursor.get();
        setSettled(seq);
        if (seq === null) setNewCount(0);
        navigate(actorHref(address, seq), { replace: true });
      }, SETTLE_MS);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [cursor]);
  return { ...live, cursor, settled, moment, newCount };
}
