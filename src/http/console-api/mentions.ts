import { toAddress } from '../../actors/address.ts';
import type { ActorSystem } from '../../actors/facade.ts';

/** In one note; more names are text like the rest. */
const MOST = 10;
/** Not inside a word or an address such as `a@b.example`. */
const NAME = /(?<![\p{L}\p{N}_.@-])@([a-z0-9][a-z0-9_.-]{0,31})/gu;

/** The active members of staff whom a text names as `@name`; a full stop after a name ends it. @throws STORE_UNAVAILABLE */
export async function mentionedIn(actors: Pick<ActorSystem, 'inspect'>, text: string): Promise<string[]> {
  const names = [...text.matchAll(NAME)].map(([, name = '']) => name.replace(/[.-]+$/, ''));
  const asked = [...new Set(names)].slice(0, MOST);
  const found = await Promise.all(asked.map((name) => actors.inspect(toAddress('staff', name))));
  return asked.filter((_, index) => found[index]?.state === 'active');
}
