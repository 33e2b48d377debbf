/**
 * TOP's answers: the error envelope, the default and the simplified shape, JSON and XML.
 *
 * Owns: how a result is spelled, nothing of what is in it.
 */
import { NUMERIC_IDS } from './order-rows.ts';

/** An error as TOP names it. Platform checks have a code of their own; business errors are 50 with a `sub_code`. */
export interface TopError {
  readonly code: number;
  readonly msg: string;
  readonly sub_code?: string;
  readonly sub_msg?: string;
}

export interface TopStyle {
  readonly method: string;
  readonly format: 'json' | 'xml';
  readonly simplify: boolean;
}

export function businessError(subCode: string, subMsg: string): TopError {
  return { code: 50, msg: 'Remote service error', sub_code: subCode, sub_msg: subMsg };
}

/** The text of a refusal. */
export function topRefusal(style: Pick<TopStyle, 'format'>, error: TopError, requestId: string): string {
  return render(style.format, 'error_response', { ...error, request_id: requestId });
}

/** The text of a result: under the method's root key with wrapped lists, or bare with plain lists (`simplify`). */
export function topResult(style: TopStyle, result: Readonly<Record<string, unknown>>, requestId: string): string {
  const whole = { ...result, request_id: requestId };
  if (style.simplify && style.format === 'json') return unquoteIds(JSON.stringify(unwrapLists(whole)));
  return render(style.format, `${style.method.replace(/^taobao\./, '').replaceAll('.', '_')}_response`, whole);
}

function render(format: 'json' | 'xml', root: string, content: object): string {
  if (format === 'json') return unquoteIds(JSON.stringify({ [root]: content }));
  return `<?xml version="1.0" encoding="utf-8" ?>${toXml(root, content)}`;
}

/** The real API sends these as JSON numbers of up to 19 digits, which no JavaScript number can carry. */
function unquoteIds(json: string): string {
  return json.replace(new RegExp(`"(${NUMERIC_IDS.join('|')})":"(\\d+)"`, 'g'), '"$1":$2');
}

/** Puts a plain list where the default shape has an object with the list as its only member. */
function unwrapLists(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unwrapLists);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [only] = entries;
  if (entries.length === 1 && Array.isArray(only?.[1])) return only[1].map(unwrapLists);
  return Object.fromEntries(entries.map(([name, member]) => [name, unwrapLists(member)]));
}

function toXml(name: string, value: unknown): string {
  if (Array.isArray(value)) return value.map((item) => toXml(name, item)).join('');
  const inner =
    typeof value === 'object' && value !== null
      ? Object.entries(value).map(([member, content]) => toXml(member, content))
      : [String(value ?? '').replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`)];
  return `<${name}>${inner.join('')}</${name}>`;
}
