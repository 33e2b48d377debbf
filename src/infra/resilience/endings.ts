/**
 * What a pipeline can say of a call, in one vocabulary.
 *
 * Invariant: `refused` means that nothing was sent; everything else may have reached the partner.
 */

/** Why nothing was sent: breaker open, held by a person, bulkhead full, quota used up, past its deadline or out of its
 * total time while it waited. */
export type RefusalCause = 'open' | 'held' | 'full' | 'quota' | 'late' | 'cancelled';

/** Why there is no answer of the partner's. `until`: when the same call may be made again. */
export type Miss =
  | { readonly kind: 'refused'; readonly cause: RefusalCause; readonly until: number }
  | { readonly kind: 'timeout' };

/** What an answer says of the partner, whatever it says to the caller. `limited`: a quota of the partner's, by the name
 * it has in the settings, is used up until then. */
export type Verdict =
  | { readonly kind: 'ok' | 'ignored' }
  | { readonly kind: 'failed'; readonly errorType: string }
  | { readonly kind: 'limited'; readonly quota: string; readonly until: number };

/** How one attempt or call ended. */
export type Ending<T> =
  | { readonly kind: 'answered'; readonly value: T; readonly verdict: Verdict }
  /** The code that calls the partner has thrown: a fault of ours, or one that it does not know. */
  | { readonly kind: 'threw'; readonly error: unknown }
  | Miss;

/** Whether it speaks against the partner. */
export function isFailure(ending: Ending<unknown>): boolean {
  if (ending.kind === 'answered') return ending.verdict.kind === 'failed';
  return ending.kind === 'timeout' || ending.kind === 'threw';
}
