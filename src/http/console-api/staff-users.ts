/**
 * Console users, whoever asks: the users page, the command line, the sandbox.
 */
import { toAddress } from '../../actors/address.ts';
import type { ActorSystem, Receipt } from '../../actors/facade.ts';
import type { Head, Ids } from '../../actors/ports.ts';
import type { StaffRole } from '../../machines/meta.ts';
import { type StaffContext, staffListing } from '../../machines/staff.ts';
import { Problem } from '../problem.ts';
import { assertNotParked } from '../receipts.ts';
import { hashPassword } from './passwords.ts';
import type { User } from './staff-schemas.ts';

interface UsersDeps {
  readonly actors: Pick<ActorSystem, 'send' | 'heads'>;
  readonly ids: Pick<Ids, 'random'>;
}

interface Asked {
  readonly by: string;
  readonly reason: string;
}

const MAX_USERS = 1_000;

export interface NewStaff {
  readonly name: string;
  readonly role: StaffRole;
  readonly password: string;
  readonly isDemo?: boolean;
}

/** @throws STAFF_EXISTS */
export async function addUser(deps: UsersDeps, staff: NewStaff, asked: Asked, messageId?: string): Promise<void> {
  const { name, role, password, isDemo = false } = staff;
  const passwordHash = await hashPassword(password, deps.ids.random());
  const receipt = await deps.actors.send(
    toAddress('staff', name),
    { type: 'add', role, passwordHash, isDemo, ...asked },
    { ...optionsOf(asked), ...(messageId === undefined ? {} : { id: messageId, repeatable: true }), mustExist: false },
  );
  assertTaken(receipt);
}

type Change =
  | { readonly type: 'setRole'; readonly role: StaffRole }
  | { readonly type: 'disable' }
  | { readonly type: 'enable' }
  | { readonly type: 'setPassword'; readonly passwordHash: string };

/** Ends all the user's sessions, but for `enable`. @throws ACTOR_NOT_FOUND */
export async function changeUser(deps: UsersDeps, name: string, change: Change, asked: Asked): Promise<Receipt> {
  const event = { ...change, ...asked };
  const receipt = await deps.actors.send(toAddress('staff', name), event, optionsOf(asked));
  assertTaken(receipt);
  return receipt;
}

/** @throws ACTOR_NOT_FOUND */
export async function setPassword(deps: UsersDeps, name: string, password: string, asked: Asked): Promise<void> {
  const passwordHash = await hashPassword(password, deps.ids.random());
  await changeUser(deps, name, { type: 'setPassword', passwordHash }, asked);
}

/** All users, newest first. */
export async function listUsers({ actors }: Pick<UsersDeps, 'actors'>): Promise<User[]> {
  return (await actors.heads({ type: 'staff', limit: MAX_USERS }))
    .filter(({ view }) => view['role'] !== null)
    .map(toUser);
}

/** As the user's last record says: lists may be a moment behind. @throws ACTOR_NOT_FOUND */
export async function findUser({ actors }: { actors: Pick<ActorSystem, 'inspect'> }, name: string): Promise<User> {
  const found = await actors.inspect(toAddress('staff', name));
  if (found === undefined) throw new Problem('ACTOR_NOT_FOUND');
  const { state, snapshot } = found;
  return toUser({ state, view: staffListing(snapshot.context as unknown as StaffContext, state, name).view });
}

function toUser({ view, state }: Pick<Head, 'view' | 'state'>): User {
  const { name, role, createdAt, createdBy, isDemo, lastSignInAt } = view as unknown as Omit<User, 'isDisabled'>;
  return { name, role, isDisabled: state === 'disabled', isDemo, createdAt, createdBy, lastSignInAt };
}

function optionsOf({ by }: Asked) {
  return { cause: `staff:${by}`, mustExist: true, awaitHead: true };
}

function assertTaken(receipt: Receipt): void {
  assertNotParked(receipt);
  if (receipt.outcome === 'refused') throw new Problem('STAFF_EXISTS');
}
