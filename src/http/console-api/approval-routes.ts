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
import { lookersAt } from './access.ts';
import { actionsOf } from './action-policy.ts';
import { find } from './action-routes.ts';
import {
  type Approval,
  type ApprovalDetail,
  Approvals,
  ApprovalsQuery,
  BreakGlassRequest,
  DecisionRequest,
  ApprovalDetail as Detail,
  IdPath,
  WriteHeaders,
} from './action-schemas.ts';
import { decidersOf, toApproval } from './approval-views.ts';
import type { ConsoleRouteDeps, Staff } from './console-deps.ts';
import { agreed, previewOf } from './foresights.ts';
import { assertRole, staffOf } from './guard.ts';
import { problemIn, refusalIn } from './refusals.ts';
import { assertCurrent, assertSame, assertTimely, onceOf } from './writes.ts';

/** In these it was sent to what it is about. */
const CARRIED_OUT: readonly string[] = ['approved', 'unreviewed', 'reviewed', 'objected'];
/** How often, and after which pauses, the target is looked at after an approval before the answer goes without it. */
const RESULT_TRIES = 20;
const RESULT_PAUSE_MS = 50;

/** The queue of what waits for a second person, beforehand or, after an emergency, behind. */
export function approvalRoutes(app: App, deps: ConsoleRouteDeps): void {
  app.get(
    '/console/api/approvals',
    { schema: { querystring: ApprovalsQuery, response: { 200: Approvals } } },
    async (request) => {
      const { state } = request.query;
      const filter = state === undefined ? {} : { state };
      const page = await readPage(
        {
          query: { limit: request.query.limit ?? 50, cursor: request.query.cursor },
          cursors: deps.cursors,
          scope: ['approvals', state ?? ''],
          fetch: (range) => deps.actors.heads({ type: 'approval', ...filter, ...range }),
          positionOf: ({ sortKey, actor }: Head) => [sortKey, actor],
        },
        (head) => toApproval(deps, head, staffOf(request)),
      );
      return { ...page, data: visibleTo(staffOf(request), page.data) };
    },
  );

  app.get('/console/api/approvals/:id', { schema: { params: IdPath, response: { 200: Detail } } }, async (request) =>
    detailOf(deps, await find(deps, toAddress('approval', request.params.id)), staffOf(request)),
  );

  for (const type of ['approve', 'reject', 'withdraw', 'agree', 'object'] as const) {
    app.post(
      `/console/api/approvals/:id/${type}`,
      { schema: { params: IdPath, headers: WriteHeaders, body: DecisionRequest, response: { 200: Detail } } },
      async (request) => {
        const event = { type, by: staffOf(request).name, reason: request.body.reason };
        const decided = await decideOn(deps, request, event);
        if (type === 'approve') await awaitResult(deps, decided);
        return detailOf(deps, decided, staffOf(request));
      },
    );
  }

  app.post(
    '/console/api/approvals/:id/break-glass',
    { schema: { params: IdPath, headers: WriteHeaders, body: BreakGlassRequest, response: { 200: Detail } } },
    async (request) => {
      if (!deps.fourEyes.breakGlass) throw new Problem('BREAK_GLASS_OFF');
      const { reason, ticket, confirm } = request.body;
      const by = staffOf(request).name;
      const { to, event: asked, amountFen } = requestIn(await find(deps, toAddress('approval', request.params.id)));
      request.audited.detail = { address: to, event: asked.type, amountFen };
      // Of a masked id what the page shows.
      const ends = [to, deps.veil.text(to) as Address].map((shown) => idOf(shown).slice(-4));
      if (!ends.includes(confirm)) throw new Problem('BREAK_GLASS_UNCONFIRMED');
      const done = await decideOn(deps, request, { type: 'breakGlass', by, reason, ticket });
      const what = { approval: done.address, address: to, event: asked.type, amountFen };
      deps.log.warn('one person did alone what needs two', { ...what, by, ticket });
      await awaitResult(deps, done);
      return detailOf(deps, done, staffOf(request));
    },
  );
}

/** The newest approvals in that state, as `staff` sees them. */
export async function listApprovals(
  deps: Pick<ConsoleRouteDeps, 'actors' | 'cards' | 'fourEyes'>,
  staff: Staff,
  query: { readonly state: Approval['state']; readonly limit: number },
): Promise<Approval[]> {
  const approvals = (await deps.actors.heads({ type: 'approval', ...query })).map((one) =>
    toApproval(deps, one, staff),
  );
  return visibleTo(staff, approvals);
}

/** Those about what that role may look at. */
function visibleTo({ role }: Staff, approvals: readonly Approval[]): Approval[] {
  return approvals.filter(({ address }) => lookersAt(typeOf(address as Address)).includes(role));
}

/**
 * Decides it once per key, and returns it decided. Of two equal requests at once the later is answered as the earlier.
 * @throws ROLE_REQUIRED; what the approval, or what is approved, would refuse or has refused.
 */
async function decideOn(
  deps: ConsoleRouteDeps,
  request: FastifyRequest<{ Params: { id: string } }>,
  event: Decision,
): Promise<Inspection> {
  const address = toAddress('approval', request.params.id);
  request.audited.subject = address;
  const messageId = `console:${onceOf(request)}`;
  if (await isDecided(deps, address, event, messageId)) return find(deps, address);
  let found: Inspection;
  try {
    found = await find(deps, address);
    assertDecider(found, event, staffOf(request));
    await assertCurrent(deps, request, found);
    const refused = problemIn((await deps.operations.preview(address, event)).message, found);
    if (refused !== undefined) throw refused;
    await assertStillPossible(deps, found, event);
  } catch (refusal) {
    if (await isDecided(deps, address, event, messageId)) return find(deps, address);
    throw refusal;
  }
  const options = { id: messageId, cause: `staff:${event.by}`, trace: request.trace.traceparent, repeatable: true };
  const receipt = await deps.actors.send(address, event, { ...options, ifSeq: found.seq, awaitHead: true });
  await assertTimely(deps, address, found.seq, receipt);
  const problem = problemIn(receipt, { state: stateName(receipt.snapshot.value), seq: receipt.seq });
  if (problem !== undefined) throw problem;
  return find(deps, address);
}

/** Only who asked withdraws, whatever their role: the machine sees to that. @throws ROLE_REQUIRED, STAFF_OWN */
function assertDecider(found: Inspection, { type }: Decision, { role, name }: Staff): void {
  const { to } = requestIn(found);
  const roles = decidersOf(to);
  // What is granted to oneself takes two others.
  if (type === 'approve' && to === toAddress('staff', name)) throw new Problem('STAFF_OWN');
  if (type !== 'withdraw') assertRole(role, roles);
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

/** What could not be done any more is not sent: its target says why. */
async function assertStillPossible(deps: ConsoleRouteDeps, found: Inspection, decision: Decision): Promise<void> {
  if (decision.type !== 'approve' && decision.type !== 'breakGlass') return;
  const { to, event } = requestIn(found);
  const sent = decision.type === 'approve' ? agreed(event, decision.by) : { ...event, emergency: idOf(found.address) };
  const { seq, message, after } = await deps.operations.preview(to, sent);
  const problem = problemIn(message, { state: stateName(after.value), seq });
  if (problem !== undefined) throw problem;
}

function requestIn({ snapshot }: Inspection) {
  const { request } = snapshot.context as unknown as ApprovalContext;
  if (request === null) throw new Problem('ACTOR_NOT_FOUND');
  return { ...request, to: request.to as Address };
}

async function detailOf(deps: ConsoleRouteDeps, found: Inspection, staff: Staff): Promise<ApprovalDetail> {
  const { to, event, amountFen, seq: seqAtRequest } = requestIn(found);
  assertRole(staff.role, lookersAt(typeOf(to)));
  const { address, seq, state, snapshot } = found;
  const { view } = approvalListing(snapshot.context as unknown as ApprovalContext, state);
  const approval = toApproval(deps, { actor: address, seq, state, view: view as unknown as Head['view'] }, staff);
  const [target, result] = await Promise.all([deps.actors.inspect(to), resultOf(deps, found)]);
  const action = actionsOf(deps.cards.entry(typeOf(to))).find((one) => one.event === event.type);
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
  if (!CARRIED_OUT.includes(found.state)) return null;
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
