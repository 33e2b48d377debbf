import { createHmac } from 'node:crypto';
import type { ActorSystem } from '../../actors/facade.ts';
import type { Ids } from '../../actors/ports.ts';
import type { StaffRole } from '../../machines/meta.ts';
import { addUser, listUsers } from './staff-users.ts';

/** One for each role, and second persons to agree. */
const SANDBOX_USERS: Readonly<Record<string, StaffRole>> = {
  viewer: 'viewer',
  operator: 'operator',
  approver: 'approver',
  approver2: 'approver',
  sre: 'sre',
  auditor: 'auditor',
  admin: 'admin',
  admin2: 'admin',
};

export interface SandboxUsers {
  readonly names: readonly string[];
  /** The same for all of them, and at each start. */
  readonly password: string;
}

/**
 * Makes the users with whom the sandbox can be tried out; those that are there stay as they are. They can sign in while the
 * sandbox stands in for the partners and at no other time.
 */
export async function addSandboxUsers(deps: {
  readonly actors: ActorSystem;
  readonly ids: Pick<Ids, 'random'>;
  readonly sessionKey: string | Uint8Array;
}): Promise<SandboxUsers> {
  const password = createHmac('sha256', deps.sessionKey).update('sandbox users').digest('base64url').slice(0, 16);
  const known = new Set((await listUsers(deps)).map(({ name }) => name));
  const missing = Object.entries(SANDBOX_USERS).filter(([name]) => !known.has(name));
  const asked = { by: 'sandbox', reason: 'to try the console' };
  await Promise.all(
    missing.map(([name, role]) => addUser(deps, { name, role, password, isDemo: true }, asked, 'sandbox')),
  );
  return { names: Object.keys(SANDBOX_USERS), password };
}
