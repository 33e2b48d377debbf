/**
 * Reading a TOP answer: text to JSON without losing digits, and the two shapes every method can come in.
 *
 * Invariants:
 * - a number that is not a safe integer stays its source text (ids have 18 to 19 digits, amounts have decimals);
 * - a body with a duplicate key, which parsers read differently, is refused whole, and `__proto__` never survives;
 * - nothing here throws anything but `TopBodyError`.
 */

/** A body that is not what TOP would send: cut off, another charset, HTML, wrong shape. Never holds the body itself. */
export class TopBodyError extends Error {
  override readonly name = 'TopBodyError';
}

export type TopObject = Readonly<Record<string, unknown>>;

export function isTopObject(value: unknown): value is TopObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @throws TopBodyError unless `bytes` are UTF-8 text of one JSON object without duplicate keys. */
export function parseTopJson(bytes: Uint8Array): TopObject {
  let parsed: unknown;
  let members = 0;
  const keepDigits = function (this: unknown, key: string, value: unknown, context?: { source?: string }): unknown {
    if (!Array.isArray(this)) members += 1;
    if (key === '__proto__') return undefined;
    return typeof value === 'number' && !Number.isSafeInteger(value) ? context?.source : value;
  };
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    parsed = JSON.parse(text, keepDigits as (key: string, value: unknown) => unknown);
  } catch (cause) {
    throw new TopBodyError('the body is not JSON in UTF-8', { cause });
  }
  if (!isTopObject(parsed)) throw new TopBodyError('the body is not a JSON object');
  // The reviver sees each distinct key once, and the root once more under the key ''.
  if (countKeys(text) !== members - 1) throw new TopBodyError('the body has a duplicate key');
  return parsed;
}

/** How many strings of a valid JSON text are keys. */
function countKeys(json: string): number {
  let keys = 0;
  for (let open = json.indexOf('"'); open >= 0; ) {
    let close = open + 1;
    while (json[close] !== '"') close += json[close] === '\\' ? 2 : 1;
    let next = close + 1;
    while (' \t\r\n'.includes(json[next] ?? 'end')) next += 1;
    if (json[next] === ':') keys += 1;
    open = json.indexOf('"', next);
  }
  return keys;
}

/** What stands under the method's own root key (`taobao.tbk.x.get` → `tbk_x_get_response`), or, with `simplify`, the root. */
export function unwrapResponse(method: string, body: TopObject): TopObject {
  const root = `${method.replace(/^taobao\./, '').replaceAll('.', '_')}_response`;
  if (!(root in body)) return body;
  const inner = body[root];
  if (!isTopObject(inner)) throw new TopBodyError(`${root} is not an object`);
  return inner;
}

/**
 * The elements of a list: a plain array, an array inside one wrapper object named after the element type, an empty
 * wrapper, or nothing at all.
 * @throws TopBodyError for anything else, so that a page of another shape is never taken for an empty one.
 */
export function unwrapList(value: unknown): readonly unknown[] {
  if (value === undefined || value === null || value === '') return [];
  if (Array.isArray(value)) return value;
  const inner = isTopObject(value) ? Object.values(value).filter((part) => part !== null && part !== '') : [value];
  if (inner.length === 0) return [];
  const list = inner.find(Array.isArray);
  if (list === undefined) throw new TopBodyError('a list is neither an array nor a wrapped one');
  return list;
}
