/**
 * The shapes of the search.
 */
import { type Static, Type } from 'typebox';
import { closed, orNull, rule } from '../schemas.ts';
import { ActorCard, valueOrNull, Words } from './schemas.ts';

/** Asked in a body: it may be personal data, which stands in no address. */
export const SearchRequest = Type.Object(
  {
    q: Type.String({
      pattern: '^[^\\p{Cc}]{1,128}$',
      ...rule('要查找的编号：1 至 128 个字符', 'what to find: 1 to 128 characters'),
    }),
  },
  closed,
);

const Found = Type.Object({
  ...ActorCard.properties,
  /** Why it was found: `订单号`, `支付宝流水号`, `所属用户` … */
  foundBy: Words,
});

export const SearchAnswer = Type.Object({
  q: Type.String(),
  /** The one address that is meant without doubt: go there at once. */
  exact: orNull(Type.String()),
  results: Type.Array(Found),
  /** When there is no result: what is one slip away. */
  near: Type.Array(Found),
  /** The kinds of number it was taken for. */
  tried: Type.Array(Words),
  /** What to do when nothing, or not the right thing, was found. */
  hint: valueOrNull(Words),
});

export type SearchAnswer = Static<typeof SearchAnswer>;
