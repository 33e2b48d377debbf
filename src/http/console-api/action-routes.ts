import type { FastifyRequest } from 'fastify';
import type { Static } from 'typebox';
import { type Address, idOf, toAddress, typeOf } from '../../actors/address.ts';
import { isActorError } from '../../actors/errors.ts';
import type { Inspection } from '../../actors/facade.ts';
import { type ActorEvent, type Reason, stateName } from '../../actors/record.ts';
import type { ApprovalContext, ApprovalRequest, approvalListing } from '../../machines/approval.ts';
import type { MachineEntry } from '../../machines/catalog.ts';
import type { StaffRole } from '../../machines/meta.ts';
import type { App } from '../deps.ts';
import { Problem } from '../problem.ts';
import { ActorPath } from '../schemas.ts';
import {
  actionFor,
  actionsOf,
  assertParams,
  assertTicket,
  type KnownAction,
  needsSecond,
  PARAM_TITLES,
  REASON_TITLES,
} from './action-policy.ts';
import {
  type Action,
  ActionList,
  type ActionParams,
  ActionPath,
  Preview,
  PreviewRequest,
  REASON_CODES,
  Receipt,
  type SendRequest,
  SendRequest as SendRequestBody,
  WriteHeaders,
} from './action-schemas.ts';
import type { Cards } from './cards.ts';
import type { ConsoleRouteDeps } from './console-deps.ts';
import { agreed, amountOf, eventOf, previewOf } from './foresights.ts';
import { staffOf } from './guard.ts';
import { problemIn, refusalIn, refusalOf, roleRefusal } from './refusals.ts';
import { assertCurrent, assertSame, assertTimely, onceOf } from './writes.ts';

const SHOWN_PENDING = 20;
/** What may be tried with every action to see whether it is possible at all. */
const SAMPLE: ActionParams = { userId: 'somebody', deltaFen: 1, voucher: '0', evidence: '-' };

/** What staff may do to one actor: the list, the dry run, and doing it. */
export function actionRoutes(app: App, deps: ConsoleRouteDeps): void {
  const { cards } = deps;

  app.get(
    '/console/api/actors/:type/:id/actions',
    { schema: { params: ActorPath, response: { 200: ActionList } } },
    async (request) => {
      const { type, id } = request.params;
      const entry = cards.entry(type);
      const found = await find(deps, toAddress(type, id));
      const { role, name } = staffOf(request);
      const amountFen = await amountOf(deps, found);
      const actions = await Promise.all(
        actionsOf(entry).map((action) => toAction(deps, found, action, { role, name, amountFen })),
      );
      const pending = (await pendingFor(deps, found.address)).map(({ id, request, at }) => {
        return { approval: id, event: request.event.type, requestedBy: request.by, requestedAt: at };
      });
      return { seq: found.seq, state: found.state, amountFen, actions, pending };
    },
  );

  app.post(
    '/console/api/actors/:type/:id/events/:event/preview',
    { schema: { params: ActionPath, body: PreviewRequest, response: { 200: Preview } } },
    async (request) => {
      const { action, address } = asked(cards, request);
      const { params = {} } = request.body;
      assertParams(action, params);
      const found = await find(deps, address);
      const amountFen = await amountOf(deps, found, params);
      const event = eventOf(action, { by: staffOf(request).name, approval: 'preview', params });
      const isByTwo = needsSecond(action.policy, amountFen, deps.fourEyes);
      return previewOf(deps, address, isByTwo ? agreed(event) : event, { action, amountFen });
    },
  );

  app.post(
    '/console/api/actors/:type/:id/events/:event',
    {
      schema: {
        params: ActionPath,
        headers: WriteHeaders,
        body: SendRequestBody,
        response: { 200: Receipt, 202: Receipt },
      },
    },
    async (request, reply) => {
      const { action, address } = asked(cards, request);
      assertParams(action, request.body.params);
      assertTicket(action, request.body);
      const receipt = await act(deps, request, address, action);
      request.audited.detail = { event: action.event, seq: receipt.seq, approval: receipt.approval };
      return reply.code(receipt.status === 'approval' ? 202 : 200).send(receipt);
    },
  );
}

/** @throws MACHINE_UNKNOWN, ACTION_UNKNOWN, ROLE_REQUIRED */
function asked(cards: Cards, request: FastifyRequest<{ Params: Static<typeof ActionPath> }>) {
  const { type, id, event } = request.params;
  const action = actionFor(cards.entry(type) as MachineEntry, event, staffOf(request).role);
  return { action, address: toAddress(type, id) };
}

/** @throws ACTOR_NOT_FOUND */
export async function find({ actors }: Pick<ConsoleRouteDeps, 'actors'>, address: Address): Promise<Inspection> {
  const found = await actors.inspect(address);
  if (found === undefined) throw new Problem('ACTOR_NOT_FOUND');
  return found;
}

async function toAction(
  deps: ConsoleRouteDeps,
  found: Inspection,
  action: KnownAction,
  { role, name, amountFen }: { readonly role: StaffRole; readonly name: string; readonly amountFen: number | null },
): Promise<Action> {
  const { event, meta, policy } = action;
  const sample = Object.fromEntries(policy.params.map((param) => [param, SAMPLE[param]])) as ActionParams;
  const sent = agreed(eventOf(action, { by: name, approval: 'preview', params: sample }));
  const refusal = meta.sentBy.includes(role) ? await refusalOfNow(deps, found.address, sent) : roleRefusal(meta.sentBy);
  const needsByAmount = needsSecond(policy, amountFen, deps.fourEyes);
  return {
    event,
    title: meta.title,
    help: meta.help,
    isIrreversible: policy.isIrreversible,
    isTicketRequired: policy.isTicketRequired,
    secondPerson: policy.secondPerson === 'amount' && !needsByAmount ? 'no' : policy.secondPerson,
    reasonCodes: REASON_CODES.map((code) => ({ code, title: REASON_TITLES[code] })),
    params: policy.params.map((param) => ({ name: param, title: PARAM_TITLES[param], required: true })),
    isAvailable: refusal === null,
    refusal,
  };
}

/** Why it is not possible now; null when it is. */
async function refusalOfNow({ operations }: ConsoleRouteDeps, address: Address, event: ActorEvent) {
  try {
    return refusalIn((await operations.preview(address, event)).message);
  } catch (error) {
    if (isActorError(error, 'MACHINE_VERSION_UNKNOWN')) return refusalOf(error);
    throw error;
  }
}

/**
 * Does it once, however often it is asked for under one key, or asks a second person first. What would be refused is refused
 * here, in the server's words, before anything is written. Of two equal requests at once the later meets what the earlier
 * has done and is answered the same.
 */
async function act(
  deps: ConsoleRouteDeps,
  request: FastifyRequest,
  address: Address,
  action: KnownAction,
): Promise<Receipt> {
  const once = onceOf(request);
  const ids = { messageId: `console:${once}`, approval: `ap_${once}` };
  const event = eventOf(action, {
    by: staffOf(request).name,
    approval: ids.approval,
    ...(request.body as SendRequest),
  });
  const before = await replayed(deps, address, event, ids);
  if (before !== undefined) return before;
  let checked: Checked;
  try {
    checked = await check(deps, request, { address, action, event });
  } catch (refusal) {
    const meanwhile = await replayed(deps, address, event, ids);
    if (meanwhile !== undefined) return meanwhile;
    throw refusal;
  }
  return commit(deps, request, { address, event, ...ids, ...checked });
}

interface Checked {
  readonly action: KnownAction;
  readonly found: Inspection;
  readonly amountFen: number | null;
  readonly isByTwo: boolean;
}

/** @throws ACTOR_NOT_FOUND, PRECONDITION_REQUIRED, PRECONDITION_FAILED, or what the machine would refuse it with */
async function check(
  deps: ConsoleRouteDeps,
  request: FastifyRequest,
  { address, action, event }: { readonly address: Address; readonly action: KnownAction; readonly event: ActorEvent },
): Promise<Checked> {
  const found = await find(deps, address);
  await assertCurrent(deps, request, found);
  const amountFen = await amountOf(deps, found, (request.body as SendRequest).params);
  const isByTwo = needsSecond(action.policy, amountFen, deps.fourEyes);
  const { message } = await deps.operations.preview(address, isByTwo ? agreed(event) : event);
  const problem = problemIn(message, found);
  if (problem !== undefined) throw problem;
  if (isByTwo) await assertNotPending(deps, address, event);
  return { action, found, amountFen, isByTwo };
}

/** Approvals about that actor that nobody has decided yet. */
async function pendingFor({ actors }: ConsoleRouteDeps, address: Address) {
  const heads = await actors.heads({ type: 'approval', owner: address, state: 'requested', limit: SHOWN_PENDING });
  return heads.flatMap(({ actor, view }) => {
    const { request, createdAt: at } = view as unknown as ReturnType<typeof approvalListing>['view'];
    return request === null ? [] : [{ id: idOf(actor), request, at }];
  });
}

/** @throws APPROVAL_PENDING when the same, whatever its reason, waits for a second person already */
export async function assertNotPending(
  deps: ConsoleRouteDeps,
  address: Address,
  event: ActorEvent,
  sameOf: (event: ActorEvent) => string = paramsOf,
): Promise<void> {
  const same = (await pendingFor(deps, address)).find(({ request }) => sameOf(request.event) === sameOf(event));
  if (same !== undefined) throw new Problem('APPROVAL_PENDING', { extra: { approval: same.id } });
}

function paramsOf(event: ActorEvent): string {
  const { by: _by, reason: _reason, reasonCode: _code, ticket: _ticket, ...params } = event;
  return JSON.stringify(params);
}

interface Commit extends Checked {
  readonly address: Address;
  readonly event: ReturnType<typeof eventOf>;
  readonly messageId: string;
  readonly approval: string;
}

async function commit(
  deps: ConsoleRouteDeps,
  request: FastifyRequest,
  { address, event, messageId, approval, action, found, amountFen, isByTwo }: Commit,
): Promise<Receipt> {
  const { name } = staffOf(request);
  const trace = request.trace.traceparent;
  if (!isByTwo) {
    const options = {
      id: messageId,
      cause: `staff:${name}`,
      trace,
      repeatable: true,
      mustExist: true,
      ifSeq: found.seq,
      awaitHead: true,
    };
    const receipt = await deps.actors.send(address, event, options);
    await assertTimely(deps, address, found.seq, receipt);
    return toReceipt(receipt, stateName(receipt.snapshot.value), messageId, receipt.repeated);
  }
  const { reason, reasonCode, ticket = null } = request.body as SendRequest;
  const { seq, state } = found;
  const { mayBreakGlass } = action.policy;
  const why = { by: name, reason, reasonCode, ticket, amountFen, mayBreakGlass };
  await askSecond(deps, approval, { type: 'request', to: address, event, otherwise: null, ...why, seq, state }, trace);
  return { status: 'approval', seq, state, messageId: 'request', approval, isReplay: false };
}

/** Asks for the approval of that id, once. */
export async function askSecond(
  { actors }: Pick<ConsoleRouteDeps, 'actors'>,
  id: string,
  wanted: ApprovalRequest,
  trace: string,
): Promise<void> {
  const options = { id: 'request', cause: `staff:${wanted.by}`, trace, repeatable: true, awaitHead: true };
  const receipt = await actors.send(toAddress('approval', id), { ...wanted } as ActorEvent, options);
  if (receipt.outcome === 'parked') throw new Problem('REQUEST_PARKED');
}

/** What this key already came to; undefined when it is new. @throws the refusal that it came to; IDEMPOTENCY_KEY_REUSED */
async function replayed(
  { actors, operations }: ConsoleRouteDeps,
  address: Address,
  event: ActorEvent,
  { messageId, approval }: { readonly messageId: string; readonly approval: string },
): Promise<Receipt | undefined> {
  const [sent, requested] = await Promise.all([
    operations.find(address, messageId),
    actors.inspect(toAddress('approval', approval)),
  ]);
  if (sent !== undefined) {
    assertSame(sent, event);
    return toReceipt(sent, stateName(sent.record.snapshot.value), messageId, true);
  }
  const { request } = (requested?.snapshot.context ?? { request: null }) as unknown as ApprovalContext;
  if (request === null || request === undefined) return undefined;
  const isSame = request.to === address && JSON.stringify(request.event) === JSON.stringify(event);
  if (!isSame) throw new Problem('IDEMPOTENCY_KEY_REUSED');
  const { seq, state } = request;
  return { status: 'approval', seq, state, messageId: 'request', approval, isReplay: true };
}

/** @throws the machine's refusal */
function toReceipt(
  result: { readonly outcome: string; readonly reason?: Reason; readonly seq: number },
  state: string,
  messageId: string,
  isReplay: boolean,
): Receipt {
  const problem = problemIn(result, { state, seq: result.seq });
  if (problem !== undefined) throw problem;
  return { status: 'committed', seq: result.seq, state, messageId, approval: null, isReplay };
}

/** What an approval's target calls what was asked for. */
export function titleOf(cards: Cards, address: Address, event: string) {
  const title = cards.has(typeOf(address)) ? cards.entry(typeOf(address)).events[event]?.title : undefined;
  return title ?? { zh: event, en: event };
}
