/** A value that components follow: just enough for session, preferences and the live line. */
import { useEffect, useState } from 'preact/hooks';

export interface Observable<T> {
  get(): T;
  set(value: T): void;
  subscribe(listener: () => void): () => void;
}

export function observable<T>(initial: T): Observable<T> {
  let current = initial;
  const listeners = new Set<() => void>();
  return {
    get: () => current,
    set: (value) => {
      if (Object.is(value, current)) return;
      current = value;
      for (const listener of [...listeners]) listener();
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/** The value, rendered again when it changes. */
export function useObservable<T>(source: Observable<T>): T {
  const [, render] = useState({});
  useEffect(() => source.subscribe(() => render({})), [source]);
  return source.get();
}
