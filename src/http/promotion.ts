import type { Inspection } from '../actors/facade.ts';
import { Problem } from './problem.ts';

/** Taobao gave no answer, or a no that only the operator can end. */
export type Trouble =
  | { readonly kind: 'unavailable'; readonly retryAfterMs: number }
  | { readonly kind: 'refused'; readonly detail: string };

export type LinkTarget = { readonly itemId: string } | { readonly url: string } | { readonly text: string };

export type LinkOutcome =
  | { readonly kind: 'made'; readonly link: Inspection; readonly isNew: boolean }
  | { readonly kind: 'unresolved' | 'notPromotable' | 'notYours' }
  | { readonly kind: 'noneFree'; readonly retryAfterMs: number }
  | Trouble;

/** Where promotion links and channels come from. */
export interface Promotion {
  makeLink(request: {
    readonly userId: string;
    readonly target: LinkTarget;
    readonly channel?: string | undefined;
    readonly trace: string;
  }): Promise<LinkOutcome>;
  /** Where the code leads; undefined for a code that is none. */
  follow(code: string, options: { readonly isCounted: boolean }): Promise<string | undefined>;
  /** Undefined when users cannot become channels here. */
  authorizeUrl(back: { readonly redirectUri: string; readonly state: string }): string | undefined;
  register(code: string): Promise<{ readonly kind: 'registered'; readonly relationId: string } | Trouble>;
  channelBound(userId: string): Promise<void>;
}

export function troubleProblem(trouble: Trouble): Problem {
  return trouble.kind === 'unavailable'
    ? new Problem('TAOBAO_UNAVAILABLE', { retryAfterMs: trouble.retryAfterMs })
    : new Problem('TAOBAO_REFUSED', { extra: { partnerCode: trouble.detail } });
}
