/** Who is offered what; the server has the last word. */
import type { Session } from '../../console-api/staff-schemas.ts';
import { session } from './api.ts';

const MAY: Readonly<Record<string, readonly Session['role'][]>> = {
  reveal: ['operator', 'approver'],
  act: ['operator', 'approver'],
  care: ['operator', 'approver', 'sre'],
  steer: ['sre'],
  audit: ['auditor', 'admin'],
};

/** Whether the person signed in may try it. */
export function may(what: 'reveal' | 'act' | 'care' | 'steer' | 'audit'): boolean {
  const role = session.get()?.role;
  return role !== undefined && (MAY[what]?.includes(role) ?? false);
}
