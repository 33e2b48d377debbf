/**
 * Makes a function of one event an action or guard of its machine, whose types know only "some event". The chart uses
 * it where that event arrives and nowhere else.
 */
export function on<C, E extends { readonly type: string }, R>(
  react: (seen: { context: C; event: E }) => R,
): (seen: { context: C; event: { readonly type: string } }) => R {
  return (seen) => react(seen as { context: C; event: E });
}
