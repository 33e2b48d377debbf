/** Addresses of other tools, as the server is configured with them. */
import { session } from './api.ts';

/** Where to look at it there; null where nothing is configured. */
export function linkTo(kind: 'dependency' | 'trace', values: Readonly<Record<string, string>>): string | null {
  const template = session.get()?.links[kind] ?? null;
  return template?.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? '')) ?? null;
}
