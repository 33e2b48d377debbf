import type { Describe } from './entity.ts';
import { stateMeta } from './machine-words.ts';
import type { Sentence } from './schemas.ts';

/** Returns what tells where an actor stands, what the customer sees and what to answer. */
export function createDescribe(): Describe {
  return ({ entry, state }) => {
    const meta = stateMeta(entry, state);
    const parts: readonly (readonly [Sentence['kind'], Sentence['text'] | undefined])[] = [
      ['where', meta?.help],
      ['customer', meta?.customer],
      ['answer', meta?.answer],
      ['waits', meta?.awaits],
    ];
    return parts.flatMap(([kind, text]) => (text === undefined ? [] : [{ kind, text }]));
  };
}
