/** Data of a page: asked for, kept while it is asked for again, and asked for again when the server says it has changed. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, get } from './api.ts';
import { now, observeServerTime } from './clock.ts';
import { useLive } from './live.ts';

export interface Resource<T> {
  /** The last that was got, also while a newer one is on its way or could not be got. */
  readonly data: T | undefined;
  readonly error: ApiError | null;
  readonly isLoading: boolean;
  /** When `data` was got. */
  readonly at: number;
  readonly reload: () => void;
}

const RETRY_OFFLINE_MS = 3000;
/** Changes that come close together are one. */
const SETTLE_MS = 150;

/** How a path is asked for; the same function each time. */
type Ask = <T>(path: string, options: { readonly signal: AbortSignal }) => Promise<T>;

/** Asks for `path`; null asks for nothing. A `topic` of the stream (or several, joined by commas) says when to ask again. */
export function useResource<T>(path: string | null, topic: string | null = null, ask: Ask = get): Resource<T> {
  const [state, setState] = useState<{
    path: string | null;
    data?: T;
    error: ApiError | null;
    isLoading: boolean;
    at: number;
  }>({ path, error: null, isLoading: path !== null, at: 0 });
  const [round, setRound] = useState(0);
  const reload = useCallback(() => setRound((n) => n + 1), []);

  useEffect(() => {
    if (path === null) return;
    const stopped = new AbortController();
    let retry: ReturnType<typeof setTimeout> | undefined;
    setState((old) =>
      old.path === path ? { ...old, isLoading: true } : { path, error: null, isLoading: true, at: 0 },
    );
    ask<T>(path, { signal: stopped.signal })
      .then((data) => {
        const { now: serverNow } = data as { now?: unknown };
        if (typeof serverNow === 'number') observeServerTime(serverNow);
        if (!stopped.signal.aborted) setState({ path, data, error: null, isLoading: false, at: now() });
      })
      .catch((error: unknown) => {
        if (stopped.signal.aborted) return;
        const problem =
          error instanceof ApiError ? error : new ApiError(0, { code: 'PAGE_ERROR', title: String(error) });
        setState((old) => ({ ...old, error: problem, isLoading: false }));
        if (problem.isOffline) retry = setTimeout(reload, RETRY_OFFLINE_MS);
      });
    return () => {
      stopped.abort();
      clearTimeout(retry);
    };
  }, [path, round, reload, ask]);

  const settling = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(settling.current), []);
  useLive(path === null ? null : topic, () => {
    clearTimeout(settling.current);
    settling.current = setTimeout(reload, SETTLE_MS);
  });

  const isOfPath = state.path === path;
  return {
    data: isOfPath ? state.data : undefined,
    error: isOfPath ? state.error : null,
    isLoading: isOfPath ? state.isLoading : path !== null,
    at: state.at,
    reload,
  };
}
