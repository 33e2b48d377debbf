/**
 * Reading single fields of a partner row: money, times, ids and counts, each exactly or not at all.
 *
 * Invariant: a field is either absent by the partner's own signs for "nothing" (missing, null, "", "--"), or right to
 * the last digit, or a `RowError` that names it. No amount ever passes through a float.
 */
import { createHash } from 'node:crypto';
import { fromShanghaiText } from '../shanghai-text.ts';
import type { TopObject } from './top-json.ts';

/** A row that cannot be read. `field` is the partner's name for what is wrong; the value itself is not kept. */
export class RowError extends Error {
  override readonly name = 'RowError';
  readonly field: string;

  constructor(field: string) {
    super(`field ${field} cannot be read`);
    this.field = field;
  }
}

const YUAN = /^(\d{1,13})(?:\.(\d{1,2})0*)?$/;
const ID = /^\d{1,32}$/;
const SMALL_INTEGER = /^\d{1,4}$/;

/** A field as trimmed text, '' when the partner says nothing. */
export function textField(row: TopObject, field: string): string {
  const value = row[field];
  if (typeof value !== 'string' && typeof value !== 'number') return '';
  const text = String(value).trim();
  return text === '--' ? '' : text;
}

/** Free text for people: well-formed Unicode, at most `maxLength` characters. */
export function wordsField(row: TopObject, field: string, maxLength: number): string {
  return textField(row, field).slice(0, maxLength).toWellFormed();
}

/** Yuan as fen, nothing as 0. More than two decimals are read only when the rest are zeros. @throws RowError */
export function fenField(row: TopObject, field: string): number {
  const text = textField(row, field);
  if (text === '') return 0;
  const match = YUAN.exec(text);
  if (!match) throw new RowError(field);
  return Number(`${match[1]}${(match[2] ?? '').padEnd(2, '0')}`);
}

/** A time as epoch ms, or null. @throws RowError */
export function timeField(row: TopObject, field: string): number | null {
  const text = textField(row, field);
  if (text === '') return null;
  const ms = fromShanghaiText(text);
  if (ms === null) throw new RowError(field);
  return ms;
}

/** A number the row cannot do without. @throws RowError */
export function integerField(row: TopObject, field: string): number {
  const text = textField(row, field);
  if (!SMALL_INTEGER.test(text)) throw new RowError(field);
  return Number(text);
}

/** The id a row is about. @throws RowError */
export function idField(row: TopObject, field: string): string {
  const id = optionalIdField(row, field);
  if (id === null) throw new RowError(field);
  return id;
}

/** An id that may be missing: "0" and what is not digits count as none. */
export function optionalIdField(row: TopObject, field: string): string | null {
  const text = textField(row, field);
  return ID.test(text) && !/^0+$/.test(text) ? text : null;
}

/** The row with `hash`: SHA-256 (hex) of its JSON with sorted keys, so the same content always has the same hash. */
export function withHash<T extends object>(row: T): T & { readonly hash: string } {
  const text = JSON.stringify(Object.fromEntries(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1))));
  return { ...row, hash: createHash('sha256').update(text).digest('hex') };
}
