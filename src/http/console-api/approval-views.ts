import { type Address, idOf, typeOf } from '../../actors/address.ts';
import type { Head } from '../../actors/ports.ts';
import type { approvalListing } from '../../machines/approval.ts';
import type { StaffRole } from '../../machines/meta.ts';
import { Problem } from '../problem.ts';
import { titleOf } from './action-routes.ts';
import type { Approval, Refusal } from './action-schemas.ts';
import type { ConsoleRouteDeps, Staff } from './console-deps.ts';
import { refusalOf, roleRefusal } from './refusals.ts';

type ViewDeps = Pick<ConsoleRouteDeps, 'cards' | 'fourEyes'>;

/** Which roles decide what is asked for of that actor: a role is granted by those who grant roles. */
export function decidersOf(to: Address): readonly StaffRole[] {
  return typeOf(to) === 'staff' ? ['admin'] : ['approver'];
}

/** An approval as that member of staff sees it. */
export function toApproval(
  { cards, fourEyes }: ViewDeps,
  { actor, seq, state, view }: Pick<Head, 'actor' | 'seq' | 'state' | 'view'>,
  staff: Staff,
): Approval {
  const { request, createdAt, expiresAt, decision, emergency, review } = view as unknown as ReturnType<
    typeof approvalListing
  >['view'];
  if (request === null) throw new Problem('ACTOR_NOT_FOUND');
  const { by, reason, reasonCode, ticket, amountFen } = request;
  const to = request.to as Address;
  const { type, by: _by, reason: _reason, reasonCode: _code, ticket: _ticket, ...rest } = request.event;
  const { passwordHash: _hash, ...params } = rest;
  const refusal = refusalFor(state, to, by, staff);
  return {
    id: idOf(actor),
    seq,
    state: state as Approval['state'],
    address: to,
    event: type,
    title: titleOf(cards, to, type),
    params,
    amountFen,
    requestedBy: by,
    reason,
    reasonCode,
    ticket,
    requestedAt: createdAt,
    expiresAt,
    seqAtRequest: request.seq,
    stateAtRequest: request.state,
    decidedBy: decision?.by ?? null,
    decidedAt: decision?.at ?? null,
    decisionReason: decision?.reason ?? null,
    emergency,
    reviewedBy: review?.by ?? null,
    reviewedAt: review?.at ?? null,
    reviewReason: review?.reason ?? null,
    canDecide: state === 'requested' && refusal === null,
    canBreakGlass:
      state === 'requested' &&
      fourEyes.breakGlass &&
      request.mayBreakGlass === true &&
      by === staff.name &&
      staff.role === 'approver',
    canReview: state === 'unreviewed' && refusal === null,
    refusal,
  };
}

function refusalFor(state: string, to: Address, requestedBy: string, { name, role }: Staff): Refusal | null {
  if (state !== 'requested' && state !== 'unreviewed') return refusalOf({ code: 'APPROVAL_DECIDED' });
  if (requestedBy === name) return refusalOf({ code: 'APPROVAL_SAME_PERSON' });
  const deciders = decidersOf(to);
  return deciders.includes(role) ? null : roleRefusal(deciders);
}
