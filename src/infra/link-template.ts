/**
 * Addresses of other tools with places to fill in, such as `https://jaeger.example/trace/{traceId}`.
 *
 * Owns what such a setting must be. Invariant: whatever is filled in, it is an http(s) address.
 */

/** What is wrong with it, or null; `places` are those that may be in it, and the first must be. */
export function problemOfTemplate(text: string, places: readonly [string, ...string[]]): string | null {
  const [needed] = places;
  const isKnown = (place: string) => places.some((name) => place === `{${name}}`);
  const found: readonly string[] = text.match(/\{\w+\}/g) ?? [];
  const isAddress = /^https?:\/\/\S+$/.test(text) && URL.canParse(text.replace(/\{\w+\}/g, 'x'));
  if (isAddress && found.includes(`{${needed}}`) && found.every(isKnown)) return null;
  const optional = places.slice(1).map((name) => `{${name}}`);
  const also = optional.length === 0 ? '' : `, and may hold ${optional.join(' and ')}`;
  return `must be an address that begins with http:// or https:// and holds {${needed}}${also}`;
}
