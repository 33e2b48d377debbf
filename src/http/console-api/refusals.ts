import type { Reason } from '../../actors/record.ts';
import type { StaffRole } from '../../machines/meta.ts';
import { Problem } from '../problem.ts';
import { PROBLEMS, type ProblemCode } from '../problem-codes.ts';
import type { Refusal } from './action-schemas.ts';

/** The words for a refusal by its code: the server's own where it has some, else the machine's detail. */
export function refusalOf({ code, detail }: Reason): Refusal {
  if (isProblemCode(code)) {
    const { title, detail: advice } = PROBLEMS[code];
    return { code, title, detail: advice };
  }
  const said = detail ?? code;
  return { code, title: PROBLEMS.ACTION_REFUSED.title, detail: { zh: said, en: said } };
}

/** Why somebody of that role may not do it. */
export function roleRefusal(roles: readonly StaffRole[]): Refusal {
  const { title } = PROBLEMS.ROLE_REQUIRED;
  const names = roles.join(', ');
  return { code: 'ROLE_REQUIRED', title, detail: { zh: `需要角色：${names}`, en: `Needs the role ${names}` } };
}

/** What an outcome other than `done` means to who asked for it; null for `done`. */
export function refusalIn({ outcome, reason }: { outcome: string; reason?: Reason | undefined }): Refusal | null {
  if (outcome === 'done') return null;
  if (outcome === 'refused') return refusalOf(reason ?? { code: 'ACTION_REFUSED' });
  if (outcome === 'parked') return refusalOf({ code: 'REQUEST_PARKED' });
  if (outcome === 'missing') return refusalOf({ code: 'ACTOR_NOT_FOUND' });
  return refusalOf({ code: 'ACTION_NOT_POSSIBLE' });
}

/** The same as a problem to be thrown, with where the actor stands. */
export function problemIn(
  result: { readonly outcome: string; readonly reason?: Reason | undefined },
  at: { readonly state: string; readonly seq: number },
): Problem | undefined {
  const refusal = refusalIn(result);
  if (refusal === null) return undefined;
  if (isProblemCode(refusal.code)) return new Problem(refusal.code, { extra: { ...at } });
  return new Problem('ACTION_REFUSED', { extra: { ...at, reason: refusal.detail.en, reasonCode: refusal.code } });
}

function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(PROBLEMS, code);
}
