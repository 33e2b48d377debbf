import type { Json, JsonObject } from '../actors/record.ts';

const SHOWN_CHARACTERS = 12;
/** Under these keys stands what opens to somebody or is made of what does: sealed data, and what is compared with it. */
const CUT_KEYS: readonly string[] = ['sealed', 'fingerprint', 'passwordHash'];

/**
 * Returns the JSON with every sealed value cut to a form that tells two of them apart and opens neither. Payee data is
 * in no other form in what actors keep.
 */
export function redact(value: JsonObject): Record<string, unknown> {
  return redactAny(value) as Record<string, unknown>;
}

function redactAny(value: Json | undefined): Json | undefined {
  if (Array.isArray(value)) return value.map((item) => redactAny(item) as Json);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value as JsonObject).map(([key, inner]) => [
      key,
      CUT_KEYS.includes(key) && typeof inner === 'string' ? `${inner.slice(0, SHOWN_CHARACTERS)}…` : redactAny(inner),
    ]),
  );
}
