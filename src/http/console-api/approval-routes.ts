import type { FastifyRequest } from 'fastify';
import { type Address, idOf, parseAddress, toAddress, typeOf } from '../../actors/address.ts';
import type { Inspection } from '../../actors/facade.ts';
import type { Head } from '../../actors/ports.ts';
import { type ActorEvent, stateName } from '../../actors/record.ts';
import type { ApprovalContext } from '../../machines/approval.ts';
import { approvalListing } from '../../machines/approval.ts';
import type { App } from '../deps.ts';
import { readPage } from '../paging.ts';
import { Problem } from '../problem.ts';
import { actionsOf } from './action-policy.ts';
import { find, titleOf } from './action-routes.ts';
import {
  type Approval,
  type ApprovalDetail,
  Approvals,
  ApprovalsQuery,
  DecisionRequest,
  ApprovalDetail as Detail,
  IdPath,
  WriteHeaders,
} from './action-schemas.ts';
import type { Cards } from './cards.ts';
import type { ConsoleRouteDeps, Staff } from './console-deps.ts';
import { agreed, previewOf } from './foresights.ts';
import { staffOf } from './guard.ts';
import { problemIn, refusalIn, refusalOf, roleRefusal } from './refusals.ts';
import { assertCurrent, assertSame, onceOf } from './writes.ts';

const APPROVERS = ['approver'] as const;
/** How often, and after which pauses, the target is looked at after an approval before the answer goes without it. */
const RESULT_TRIES = 20;
const RESULT_PAUSE_MS = 50;

/** The queue of what waits for a second person. */
export function approvalRoutes(app: App, deps: ConsoleRouteDeps): void {
  const { cards } = deps;

  app.get(
    '/console/api/approvals',
    { schema: { querystring: ApprovalsQuery, response: { 200: Approvals } } },
    async (request) => {
      const { state } = request.query;
      const filter = state === undefined ? {} : { state };
      return readPage(
        {
          query: { limit: request.query.limit ?? 50, cursor: request.query.cursor },
          cursors: deps.cursors,
          scope: ['approvals', state ?? ''],
          fetch: (range) => deps.actors.heads({ type: 'approval', ...filter, ...range }),
          positionOf: ({ sortKey, actor }: Head) => [sortKey, actor],
        },
        (head) => toApproval(cards, head, staffOf(request)),
      );
    },
  );

  app.get('/console/api/approvals/:id', { schema: { params: IdPath, response: { 200: Detail } } }, async (request) =>
    detailOf(deps, cards, await find(deps, toAddress('approval', request.params.id)), staffOf(request)),
  );

  for (const type of ['approve', 'reject', 'withdraw'] as const) {
    app.post(
      `/console/api/approvals/:id/${type}`,
      { schema: { params: IdPath, headers: WriteHeaders, body: DecisionRequest, response: { 200: Detail } } },
      async (request) => {
        const address = toAddress('approval', request.params.id);
        request.audited.subject = address;
        const staff = staffOf(request);
        await decideOn(deps, request, address, { type, by: staff.name, reason: request.body.reason });
        const decided = await find(deps, address);
        if (type === 'approve') await awaitResult(deps, decided);
        return detailOf(deps, cards, decided, staff);
      },
    );
  }
}

/** The newest approvals in that state, as `staff` sees them. */
export async function listApprovals(
  { actors, cards }: Pick<ConsoleRouteDeps, 'actors' | 'cards'>,
  staff: Staff,
  query: { readonly state: Approval['state']; readonly limit: number },
): Promise<Approval[]> {
  return (await actors.heads({ type: 'approval', ...query })).map((head) => toApproval(cards, head, staff));
}

/**
 * Decides it once per key. Of two equal requests at once the later is answered as the earlier.
 * @throws what the approval, or what is approved, would refuse or has refused.
 */
async function decideOn(
  deps: ConsoleRouteDeps,
  request: FastifyRequest,
  address: Address,
  event: Decision,
): Promise<void> {
  const messageId = `console:${onceOf(request)}`;
  if (await isDecided(deps, address, event, messageId)) return;
  try {
    const found = await find(deps, address);
    await assertCurrent(deps, request, found);
    const refused = problemIn((await deps.operations.preview(address, event)).message, found);
    if (refused !== undefined) throw refused;
    if (event.type === 'approve') await assertStillPossible(deps, found, event.by);
  } catch (refusal) {
    if (await isDecided(deps, address, event, messageId)) return;
    throw refusal;
  }
  const options = { id: messageId, cause: `staff:${event.by}`, trace: request.trace.traceparent, repeatable: true };
  const receipt = await deps.actors.send(address, event, { ...options, awaitHead: true });
  const problem = problemIn(receipt, { state: stateName(receipt.snapshot.value), seq: receipt.seq });
  if (problem !== undefined) throw problem;
}

type Decision = ActorEvent & { readonly by: string };

/** Whether this key stands in the journal already. @throws the refusal that it came to; IDEMPOTENCY_KEY_REUSED */
async function isDecided(
  { operations }: ConsoleRouteDeps,
  address: Address,
  event: Decision,
  messageId: string,
): Promise<boolean> {
  const known = await operations.find(address, messageId);
  if (known === undefined) return false;
  assertSame(known, event);
  const problem = problemIn(known, { state: stateName(known.record.snapshot.value), seq: known.seq });
  if (problem !== undefined) throw problem;
  return true;
}

/** What could not be done any more is not approved: its target says why. */
async function assertStillPossible(deps: ConsoleRouteDeps, found: Inspection, by: string): Promise<void> {
  const { to, event } = requestIn(found);
  const { seq, message, after } = await deps.operations.preview(to, agreed(event, by));
  const problem = problemIn(message, { state: stateName(after.value), seq });
  if (problem !== undefined) throw problem;
}

function requestIn({ snapshot }: Inspection) {
  const { request } = snapshot.context as unknown as ApprovalContext;
  if (request === null) throw new Problem('ACTOR_NOT_FOUND');
  return { ...request, to: request.to as Address };
}

function toApproval(
  cards: Cards,
  { actor, seq, state, view }: Pick<Head, 'actor' | 'seq' | 'state' | 'view'>,
  staff: Staff,
) {
  const { request, createdAt, expiresAt, decision } = view as unknown as ReturnType<typeof approvalListing>['view'];
  if (request === null) throw new Problem('ACTOR_NOT_FOUND');
  const { to, by, reason, reasonCode, ticket, amountFen } = request;
  const { type, by: _by, reason: _reason, reasonCode: _code, ticket: _ticket, ...params } = request.event;
  const refusal = decisionRefusal(state, by, staff);
  return {
    id: idOf(actor),
    seq,
    state: state as Approval['state'],
    address: to,
    event: type,
    title: titleOf(cards, to as Address, type),
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
    canDecide: refusal === null,
    refusal,
  };
}

function decisionRefusal(state: string, requestedBy: string, { name, role }: Staff) {
  if (state !== 'requested') return refusalOf({ code: 'APPROVAL_DECIDED' });
  if (requestedBy === name) return refusalOf({ code: 'APPROVAL_SAME_PERSON' });
  return (APPROVERS as readonly string[]).includes(role) ? null : roleRefusal(APPROVERS);
}

async function detailOf(
  deps: ConsoleRouteDeps,
  cards: Cards,
  found: Inspection,
  staff: Staff,
): Promise<ApprovalDetail> {
  const { to, event, amountFen, seq: seqAtRequest } = requestIn(found);
  const { address, seq, state, snapshot } = found;
  const { view } = approvalListing(snapshot.context as unknown as ApprovalContext, state);
  const approval = toApproval(cards, { actor: address, seq, state, view: view as unknown as Head['view'] }, staff);
  const [target, result] = await Promise.all([deps.actors.inspect(to), resultOf(deps, found)]);
  const action = actionsOf(cards.entry(typeOf(to))).find((one) => one.event === event.type);
  const preview =
    state === 'requested' ? await previewOf(deps, to, agreed(event, staff.name), { action, amountFen }) : null;
  const hasChanged = target !== undefined && target.seq !== seqAtRequest && state === 'requested' && !isJob(to);
  return { approval, preview, hasChanged, result };
}

/** A job moves on by itself from being made to awaiting its approval. */
function isJob(to: Address): boolean {
  return parseAddress(to).type === 'job';
}

/** What the target's journal says of the approved action. */
async function resultOf(deps: ConsoleRouteDeps, found: Inspection): Promise<ApprovalDetail['result']> {
  if (found.state !== 'approved') return null;
  const { to } = requestIn(found);
  const tell = (await deps.actors.history(found.address, 0, 20))
    .flatMap(({ tells }) => tells)
    .find((one) => one.to === to);
  if (tell === undefined) return null;
  const recorded = (await deps.operations.outcomes(to, [tell.id])).get(tell.id);
  return recorded === undefined ? null : { outcome: recorded.outcome, seq: recorded.seq, refusal: refusalIn(recorded) };
}

async function awaitResult(deps: ConsoleRouteDeps, found: Inspection): Promise<void> {
  for (let tries = 0; tries < RESULT_TRIES; tries += 1) {
    if ((await resultOf(deps, found)) !== null) return;
    await new Promise<void>((resolve) => void deps.clock.after(RESULT_PAUSE_MS, resolve));
  }
}
