/**
 * Addresses of actors: `type/id`.
 *
 * Owns the grammar. The characters `/ # ! ~` separate the parts of message, call and timer ids, so an id can hold none
 * of them; `:` is left out because queues downstream refuse it in job ids.
 */
import { ActorError } from './errors.ts';

/** `type/id`, e.g. `order/2839…`. Made only by `toAddress` and `parseAddress`, which check both halves. */
export type Address = `${string}/${string}`;

const TYPE = /^[a-z][a-z0-9]{0,31}$/;
const ID = /^[A-Za-z0-9_][A-Za-z0-9_.@-]{0,127}$/;

export function isActorId(id: unknown): id is string {
  return typeof id === 'string' && ID.test(id);
}

/**
 * Returns the address of the actor `id` of `type`.
 * @throws ADDRESS_INVALID when either half does not fit the grammar (ids: 1–128 of `A–Z a–z 0–9 _ . @ -`).
 */
export function toAddress(type: string, id: string): Address {
  if (!TYPE.test(type) || !isActorId(id)) {
    throw new ActorError('ADDRESS_INVALID', `"${type}/${id}"`.slice(0, 180), {
      hint: 'ids are 1 to 128 letters, digits, "_", ".", "@" or "-", not starting with ".", "@" or "-"',
    });
  }
  return `${type}/${id}`;
}

/** @throws ADDRESS_INVALID when `text` is not `type/id`. */
export function parseAddress(text: string): { type: string; id: string } {
  const slash = text.indexOf('/');
  const type = text.slice(0, slash);
  const id = text.slice(slash + 1);
  toAddress(slash < 0 ? '' : type, id);
  return { type, id };
}

/** The type half of an address that is already known to be well formed. */
export function typeOf(address: Address): string {
  return address.slice(0, address.indexOf('/'));
}

/** The id half of an address that is already known to be well formed. */
export function idOf(address: Address): string {
  return address.slice(address.indexOf('/') + 1);
}
