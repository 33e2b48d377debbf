/**
 * `Log` on pino: one JSON line an entry, to standard error, errors with their causes.
 *
 * Owns redaction. Invariant: nothing under a key that can hold personal data or a secret is printed, however deep it is
 * nested, nor what looks like one within a text; callers pass neither, this is for the day one does.
 */
import { type DestinationStream, destination, pino } from 'pino';
import type { Log } from '../actors/ports.ts';

const HIDDEN = '[redacted]';
const MAX_DEPTH = 8;
const HIDDEN_KEY =
  /^(account|authorization|cookie|fingerprint|identity|name|payee|phone|sealed|session|sign|token|\w*(key|password|secret))$/i;

/** What personal data and secrets look like within a text: payee ids, phone numbers, e-mail addresses, tokens, keys and
 * signed query parameters. */
const HIDDEN_TEXT = [
  /\b2088\d{12}\b/g,
  /(?<!\d)1[3-9]\d{9}(?!\d)/g,
  /[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+/g,
  /\beyJ[\w-]+\.[\w-]+\.[\w-]*/g,
  /-----BEGIN [A-Z ]+-----[^-]*(?:-----END [A-Z ]+-----)?/g,
  /(?<=[?&](?:sign|session|token|access_token|biz_content)=)[^&\s]+/g,
];

/** `level`: `debug`, `info`, `warn`, `error` or `silent`. */
export function createPinoLog(level: string, stream: DestinationStream = destination({ fd: 2, sync: true })): Log {
  const logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, stream);
  const write =
    (entryLevel: keyof Log) =>
    (message: string, fields: Record<string, unknown> = {}) => {
      if (logger.isLevelEnabled(entryLevel)) logger[entryLevel](redactAll(fields, 0), redactText(message));
    };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}

function redact(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth > MAX_DEPTH) return '[deeper]';
  if (Array.isArray(value)) return value.map((item) => redact(item, depth + 1));
  return redactAll(value instanceof Error ? fieldsOf(value) : value, depth + 1);
}

function redactAll(fields: object, depth: number): object {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key, HIDDEN_KEY.test(key) ? HIDDEN : redact(value, depth)]),
  );
}

function fieldsOf(error: Error): object {
  const { message, stack, cause } = error;
  return { ...error, type: error.constructor.name, message, stack, ...(cause === undefined ? {} : { cause }) };
}

function redactText(text: string): string {
  return HIDDEN_TEXT.reduce((shown, pattern) => shown.replace(pattern, HIDDEN), text);
}
