/** The page's address is its state: paths below `/console`, filters and `seq` in the query. */
import { useEffect, useState } from 'preact/hooks';

const BASE = '/console';

export interface Place {
  /** Decoded parts after `/console`: `['actors', 'order', '123']`. */
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
  /** What the page is about and must not stand in an address; kept by this tab's history alone. */
  readonly unsaid: string | null;
}

const listeners = new Set<() => void>();
globalThis.addEventListener?.('popstate', notify);

function notify(): void {
  for (const listener of listeners) listener();
}

/** The place that an address names. */
function placeOf(url: { pathname: string; search: string }): Place {
  const parts = url.pathname.slice(BASE.length).split('/').filter(Boolean).map(decoded);
  const { state } = history;
  return { parts, query: new URLSearchParams(url.search), unsaid: typeof state === 'string' ? state : null };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The address of a page; empty query values are left out. */
export function hrefOf(
  parts: readonly string[],
  query: Readonly<Record<string, string | number | null | undefined>> = {},
) {
  const path = [BASE, ...parts.map(encodeURIComponent)].join('/');
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== '');
  const text = new URLSearchParams(given.map(([key, value]) => [key, String(value)])).toString();
  return text === '' ? path : `${path}?${text}`;
}

/** The address of an actor's page, by its own address `type/id`. */
export function actorHref(address: string, seq?: number | null): string {
  const slash = address.indexOf('/');
  return hrefOf(['actors', address.slice(0, slash), address.slice(slash + 1)], { seq });
}

/** Goes there; `replace` leaves no step to go back to. */
export function navigate(
  href: string,
  { replace = false, unsaid = null }: { replace?: boolean; unsaid?: string | null } = {},
): void {
  if (replace) history.replaceState(unsaid, '', href);
  else if (href !== location.pathname + location.search || unsaid !== history.state) {
    history.pushState(unsaid, '', href);
    scrollTo(0, 0);
  }
  notify();
}

export function reloadPage(): void {
  location.reload();
}

export function usePlace(): Place {
  const [place, setPlace] = useState(() => placeOf(location));
  useEffect(() => {
    const update = () => setPlace(placeOf(location));
    listeners.add(update);
    update();
    return () => void listeners.delete(update);
  }, []);
  return place;
}

/** Links within the console change the page without loading it again. Returns how to stop. */
export function followLinks(): () => void {
  const follow = (event: MouseEvent) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const link = (event.target as Element).closest('a');
    if (link === null || link.origin !== location.origin || link.target !== '' || link.hasAttribute('download')) return;
    if (link.pathname !== BASE && !link.pathname.startsWith(`${BASE}/`)) return;
    event.preventDefault();
    navigate(link.pathname + link.search);
  };
  document.addEventListener('click', follow);
  return () => document.removeEventListener('click', follow);
}
