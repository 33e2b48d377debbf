import type { Log } from '../../src/actors/ports.ts';

/** Keeps what was said. */
export function listeningLog(): Log & { readonly lines: { message: string; fields: unknown }[] } {
  const lines: { message: string; fields: unknown }[] = [];
  const keep = (message: string, fields?: unknown) => lines.push({ message, fields });
  return { lines, debug: keep, info: keep, warn: keep, error: keep };
}
