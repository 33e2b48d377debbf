/**
 * What an actor remembers, as labelled fields: masked, and with sealed values cut. Times, amounts and flags are told by
 * the names of the keys (`…At`, `…Fen`, `is…`), which the machines keep to.
 */
import { isActorId } from '../../actors/address.ts';
import type { JsonObject } from '../../actors/record.ts';

import { redact } from '../redact.ts';
import { labelOf } from './field-labels.ts';
import type { Field } from './schemas.ts';

const MAX_DEPTH = 3;
/** Never shown, with all that is in them: they are for machines and mean nothing to people. */
const HIDDEN_KEYS = new Set(['sealed', 'hash', 'passwordHash', 'fingerprint', 'graph']);
/** Shown as JSON: their keys are ids, not fields. */
const MAPS = new Set(['balance.holds']);

/** Keys whose value names an actor, of which type; `owner` is a member of the staff in some. */
const ADDRESS_KEYS: Readonly<Record<string, string>> = {
  userId: 'member',
  'channel.owner': 'member',
  'link.owner': 'member',
  'link.channel': 'channel',
  foundBy: 'channel',
};
const CHANNEL_ID = /^(?:relation|special|adzone)-/;

/** Of a withdrawal: what stands behind the masked payee. */
export const REVEALABLE: Readonly<Record<string, 'identity' | 'name'>> = {
  'account.identity': 'identity',
  'account.name': 'name',
};

/** The fields of an actor's context, in the machine's own order. */
export function toFields(type: string, context: JsonObject): Field[] {
  return flatten(redact(context), [])
    .filter(([path]) => !path.split('.').some((key) => HIDDEN_KEYS.has(key)))
    .map(([path, value]) => toField(type, path, value));

  function flatten(value: object, above: readonly string[]): [string, unknown][] {
    return Object.entries(value).flatMap(([key, inner]): [string, unknown][] => {
      const path = [...above, key];
      const isFlat = isPlainObject(inner) && path.length < MAX_DEPTH && !MAPS.has(`${type}.${path.join('.')}`);
      return isFlat && Object.keys(inner).length > 0 ? flatten(inner, path) : [[path.join('.'), inner]];
    });
  }
}

function toField(type: string, path: string, value: unknown): Field {
  const key = path.split('.').at(-1) ?? path;
  const reveal = type === 'withdrawal' && Object.hasOwn(REVEALABLE, path) ? path : null;
  const address = addressOf(ADDRESS_KEYS[`${type}.${path}`] ?? ADDRESS_KEYS[key], value);
  const kind = reveal === null ? (address === null ? kindOf(key, value) : 'actor') : 'masked';
  return { path, label: labelOf(type, path), kind, value, reveal, address };
}

const TIME_KEY = /(?:At|Until|Deadline|SendBy)$|^(?:at|until|from|to|deadline|watermark|cursor|resumeAt)$/;
/** Earlier than any time that is meant. */
const LEAST_TIME_MS = 1e12;

function kindOf(key: string, value: unknown): Field['kind'] {
  if (typeof value === 'boolean') return 'flag';
  if (typeof value === 'number') {
    if (/Fen$/.test(key) || /^(?:pending|available|held|debt)$/.test(key)) return 'fen';
    if (/Ms$/.test(key)) return 'duration';
    if (TIME_KEY.test(key) && value >= LEAST_TIME_MS) return 'time';
  }
  return typeof value === 'object' && value !== null ? 'json' : 'text';
}

function addressOf(type: string | undefined, value: unknown): string | null {
  if (type === undefined || !isActorId(value)) return null;
  return type === 'channel' && !CHANNEL_ID.test(value) ? null : `${type}/${value}`;
}

function isPlainObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Paths whose values differ between two moments. */
export function changedPaths(before: readonly Field[], after: readonly Field[]): string[] {
  const texts = (fields: readonly Field[]) => new Map(fields.map(({ path, value }) => [path, JSON.stringify(value)]));
  const [old, now] = [texts(before), texts(after)];
  return [...new Set([...old.keys(), ...now.keys()])].filter((path) => old.get(path) !== now.get(path));
}
