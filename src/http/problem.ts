import type { ErrorCode } from '../actors/errors.ts';
import type { Json, JsonObject } from '../actors/record.ts';
import type { Words } from '../machines/meta.ts';
import type { Language } from './language.ts';
import { PROBLEMS, type ProblemCode } from './problem-codes.ts';

/** One thing that is wrong with a request. */
export interface FieldError {
  readonly in: 'body' | 'path' | 'query' | 'header';
  /** JSON pointer (RFC 6901) within that part. */
  readonly pointer: string;
  readonly detail: Words;
}

interface ProblemOptions {
  readonly errors?: readonly FieldError[];
  readonly retryAfterMs?: number | undefined;
  /** Extension members of the document: public facts, never a driver's text. */
  readonly extra?: JsonObject;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A refusal that the client is to read: thrown anywhere in a face, answered as an RFC 9457 document. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly status: number;
  readonly errors: readonly FieldError[] | undefined;
  readonly retryAfterMs: number | undefined;
  readonly extra: JsonObject;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ProblemCode, options: ProblemOptions = {}) {
    super(code);
    this.name = 'Problem';
    this.code = code;
    this.status = PROBLEMS[code].status;
    this.errors = options.errors;
    this.retryAfterMs = options.retryAfterMs ?? (PROBLEMS[code].retryable ? 1_000 : undefined);
    this.extra = options.extra ?? {};
    this.headers = options.headers ?? {};
  }
}

/** The problem that stands for an error of the runtime. Its message stays inside: it may name what clients need not know. */
export function toProblem(error: { readonly code: ErrorCode; readonly retryAfterMs: number | undefined }): Problem {
  return new Problem(error.code, { retryAfterMs: error.retryAfterMs });
}

/** The RFC 9457 document of a problem. */
export function toDocument(problem: Problem, language: Language, traceId: string): Record<string, Json> {
  const { status, title, detail, retryable } = PROBLEMS[problem.code];
  const say = (words: Words): string => (language === 'en' ? words.en : words.zh);
  return {
    type: `urn:taoke-rebate:problem:${problem.code}`,
    title: say(title),
    status,
    detail: say(detail),
    code: problem.code,
    retryable,
    ...(problem.retryAfterMs === undefined ? {} : { retryAfterMs: problem.retryAfterMs }),
    traceId,
    ...(problem.errors === undefined
      ? {}
      : { errors: problem.errors.map((error) => ({ ...error, detail: say(error.detail) })) }),
    ...(problem.extra as Record<string, Json>),
  };
}
