/** A list that grows by pages, by the cursor of the last. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, get } from './api.ts';

interface Page<T> {
  readonly data: readonly T[];
  readonly nextCursor: string | null;
  readonly hasMore: boolean;
}

export interface More<T> {
  readonly rows: readonly T[];
  readonly isLoading: boolean;
  readonly error: ApiError | null;
  /** Null at the end. */
  readonly more: (() => void) | null;
  readonly reload: () => void;
}

/** Begins anew when `path` changes, or `version` while only the first page is shown: whoever has gone on keeps the place.
 * What is shown stays until the first page is there. */
export function useMore<T>(path: string, version: number | string = 0): More<T> {
  const [rows, setRows] = useState<readonly T[]>([]);
  const [cursor, setCursor] = useState<string | null>(null);
  const [isLoading, setLoading] = useState(true);
  const pages = useRef({ path, count: 0 });
  const [error, setError] = useState<ApiError | null>(null);

  const load = useCallback(
    (after: string | null, signal?: AbortSignal) => {
      setLoading(true);
      const query = after === null ? '' : `${path.includes('?') ? '&' : '?'}cursor=${encodeURIComponent(after)}`;
      get<Page<T>>(path + query, signal === undefined ? {} : { signal })
        .then((page) => {
          setRows((old) => (after === null ? page.data : [...old, ...page.data]));
          pages.current = { path, count: after === null ? 1 : pages.current.count + 1 };
          setCursor(page.hasMore ? page.nextCursor : null);
          setError(null);
          setLoading(false);
        })
        .catch((problem: unknown) => {
          if (signal?.aborted === true) return;
          setError(
            problem instanceof ApiError ? problem : new ApiError(0, { code: 'PAGE_ERROR', title: String(problem) }),
          );
          setLoading(false);
        });
    },
    [path],
  );
  useEffect(() => {
    if (pages.current.path === path && pages.current.count > 1) return;
    const stopped = new AbortController();
    load(null, stopped.signal);
    return () => stopped.abort();
  }, [load, path, version]);
  return { rows, isLoading, error, more: cursor === null ? null : () => load(cursor), reload: () => load(null) };
}
