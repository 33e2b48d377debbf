import type { Words } from '../machines/meta.ts';

/** What there is to say about one sort of refusal. */
export interface ProblemKind {
  readonly status: number;
  readonly retryable: boolean;
  readonly title: Words;
  /** What to do about it. */
  readonly detail: Words;
}

export function kind(
  status: number,
  title: readonly [zh: string, en: string],
  detail: readonly [zh: string, en: string],
  retryable = status === 503 || status === 429,
): ProblemKind {
  return {
    status,
    retryable,
    title: { zh: title[0], en: title[1] },
    detail: { zh: detail[0], en: detail[1] },
  };
}
