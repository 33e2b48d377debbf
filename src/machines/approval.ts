/**
 * approval/<id>: an action of one member of staff that a second one must agree to before it happens.
 *
 * What was asked for is kept whole and never changes. Agreeing tells it to the actor it is about, in the same commit; so it
 * happens exactly once, also when the process dies in between. Whoever asked cannot agree.
 *
 * In an emergency whoever asked may break the glass: it happens at once by the word of one, in one commit like the other,
 * and stays unreviewed until somebody else has said what they think of it. What was never meant for that says so from the
 * beginning.
 */
import { assign, setup } from 'xstate';
import { effects, type Stamped, type Tell } from './effects.ts';
import type { EventMeta, StateMeta } from './meta.ts';
import { on } from './narrow.ts';

/** Nobody should agree to what was seen longer ago. */
export const APPROVAL_TTL_MS = 24 * 3_600_000;

/** Plain JSON with a type. */
interface PlainEvent {
  readonly type: string;
  readonly [key: string]: string | number | boolean | null;
}

export interface ApprovalRequest {
  readonly type: 'request';
  /** What it is about, and what it is to be told. */
  readonly to: string;
  readonly event: PlainEvent;
  /** What it is told instead when nothing comes of the request; null = nothing. */
  readonly otherwise: PlainEvent | null;
  readonly by: string;
  readonly reason: string;
  readonly reasonCode: string;
  readonly ticket: string | null;
  readonly amountFen: number | null;
  /** Whether one person alone may carry it out in an emergency. */
  readonly mayBreakGlass?: boolean;
  /** Where it stood when it was asked for. */
  readonly seq: number;
  readonly state: string;
}

interface DecisionEvent {
  readonly type: 'approve' | 'reject' | 'withdraw';
  readonly by: string;
  readonly reason: string;
}

interface BreakGlassEvent {
  readonly type: 'breakGlass';
  readonly by: string;
  readonly reason: string;
  readonly ticket: string;
}

/** What a second person thinks of it afterwards. */
interface ReviewEvent {
  readonly type: 'agree' | 'object';
  readonly by: string;
  readonly reason: string;
}

export type ApprovalEvent = Stamped & (ApprovalRequest | DecisionEvent | BreakGlassEvent | ReviewEvent);

export interface ApprovalContext {
  readonly id: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly request: Omit<ApprovalRequest, 'type'> | null;
  readonly decision: Word | null;
  /** The ticket of the emergency in which the glass was broken; null when it was not. */
  readonly emergency: string | null;
  readonly review: Word | null;
}

interface Word {
  readonly by: string;
  readonly reason: string;
  readonly at: number;
}

interface Seen<E = ApprovalEvent> {
  readonly context: ApprovalContext;
  readonly event: E & Stamped;
}

function noteRequest({ event }: Seen<ApprovalRequest>): Partial<ApprovalContext> {
  const { to, event: asked, otherwise, by, reason, reasonCode, ticket, amountFen, seq, state, at } = event;
  const { mayBreakGlass = false } = event;
  const request = { to, event: asked, otherwise, by, reason, reasonCode, ticket, amountFen, mayBreakGlass, seq, state };
  return { request, createdAt: at, expiresAt: at + APPROVAL_TTL_MS };
}

function noteDecision({ event }: Seen<DecisionEvent>): Partial<ApprovalContext> {
  return { decision: { by: event.by, reason: event.reason, at: event.at } };
}

function noteGlass({ event }: Seen<BreakGlassEvent>): Partial<ApprovalContext> {
  return { decision: { by: event.by, reason: event.reason, at: event.at }, emergency: event.ticket };
}

function noteReview({ event }: Seen<ReviewEvent>): Partial<ApprovalContext> {
  return { review: { by: event.by, reason: event.reason, at: event.at } };
}

function approvedTell({ context, event }: Seen<DecisionEvent>): Tell | null {
  if (context.request === null) return null;
  const { to, event: asked } = context.request;
  return { to, event: { ...asked, approvedBy: event.by, approval: context.id } };
}

function emergencyTell({ context: { request, id } }: Seen<BreakGlassEvent>): Tell | null {
  return request === null ? null : { to: request.to, event: { ...request.event, emergency: id, approval: id } };
}

function otherwiseTell({ context: { request, id }, event }: Pick<Seen, 'context' | 'event'>): Tell | null {
  if (request === null || request.otherwise === null) return null;
  const by = 'by' in event ? event.by : 'timer';
  return { to: request.to, event: { ...request.otherwise, by, approval: id } };
}

function isRequester({ context, event }: Seen<DecisionEvent | ReviewEvent>): boolean {
  return context.request?.by === event.by;
}

function isAnother({ context, event }: Seen<BreakGlassEvent>): boolean {
  return context.request?.by !== event.by;
}

function isForTwoOnly({ context }: Seen<BreakGlassEvent>): boolean {
  return context.request?.mayBreakGlass !== true;
}

const SAME_PERSON = { code: 'APPROVAL_SAME_PERSON', detail: 'whoever asked for it cannot approve it' };
const NOT_REQUESTER = { code: 'APPROVAL_NOT_REQUESTER', detail: 'only who asked for it can withdraw it' };
const APPROVE_INSTEAD = { code: 'BREAK_GLASS_NEEDLESS', detail: 'a second person approves it instead' };
const FOR_TWO_ONLY = { code: 'BREAK_GLASS_NEVER', detail: 'it is never done by one person alone' };
const DECIDED = { code: 'APPROVAL_DECIDED', detail: 'it is decided or expired' };

const approval = setup({
  types: {
    context: {} as ApprovalContext,
    events: {} as ApprovalEvent,
    input: {} as { readonly id: string; readonly at: number },
    meta: {} as StateMeta,
  },
  actions: {
    ...effects,
    noteRequest: assign(on(noteRequest)),
    noteDecision: assign(on(noteDecision)),
    noteGlass: assign(on(noteGlass)),
    noteReview: assign(on(noteReview)),
  },
  guards: { isRequester: on(isRequester), isAnother: on(isAnother), isForTwoOnly: on(isForTwoOnly) },
  delays: { expiry: APPROVAL_TTL_MS },
});

const state = (title: readonly [string, string], help: readonly [string, string], slaSeconds = 0): StateMeta => ({
  title: { zh: title[0], en: title[1] },
  help: { zh: help[0], en: help[1] },
  slaSeconds,
});

/** The machine of an approval. */
export function createApprovalMachine() {
  const nothing = { type: 'tell', params: on(otherwiseTell) } as const;
  const refuse = (params: { code: string; detail: string }) => ({ actions: { type: 'refuse', params } }) as const;
  return approval.createMachine({
    id: 'approval',
    context: ({ input: { id, at } }) => ({
      id,
      createdAt: at,
      expiresAt: at,
      request: null,
      decision: null,
      emergency: null,
      review: null,
    }),
    initial: 'unasked',
    on: {
      approve: refuse(DECIDED),
      reject: refuse(DECIDED),
      withdraw: refuse(DECIDED),
      breakGlass: refuse(DECIDED),
      agree: refuse(DECIDED),
      object: refuse(DECIDED),
    },
    states: {
      unasked: {
        meta: state(['未提出', 'Not asked for'], ['还没有人提出申请。', 'Nobody has asked for anything yet.']),
        on: { request: { target: 'requested', actions: 'noteRequest' } },
      },
      requested: {
        meta: state(
          ['待复核', 'Waiting for approval'],
          [
            '等待申请人以外的另一人复核；24 小时内无人处理则失效。',
            'A second person, not who asked for it, has to agree; after 24 hours it lapses.',
          ],
          3_600,
        ),
        on: {
          approve: [
            { guard: 'isRequester', ...refuse(SAME_PERSON) },
            { target: 'approved', actions: ['noteDecision', { type: 'tell', params: on(approvedTell) }] },
          ],
          reject: { target: 'rejected', actions: ['noteDecision', nothing] },
          withdraw: [
            { guard: 'isRequester', target: 'withdrawn', actions: ['noteDecision', nothing] },
            refuse(NOT_REQUESTER),
          ],
          breakGlass: [
            { guard: 'isForTwoOnly', ...refuse(FOR_TWO_ONLY) },
            { guard: 'isAnother', ...refuse(APPROVE_INSTEAD) },
            { target: 'unreviewed', actions: ['noteGlass', { type: 'tell', params: on(emergencyTell) }] },
          ],
        },
        after: { expiry: { target: 'expired', actions: nothing } },
      },
      approved: {
        meta: state(['已批准', 'Approved'], ['已同意，操作已发出。', 'Agreed to; the action has been sent.']),
      },
      unreviewed: {
        meta: state(
          ['紧急执行，待复查', 'Done by one, to be reviewed'],
          [
            '申请人紧急单人执行，操作已发出；须由另一人复查。',
            'Carried out by one person in an emergency; somebody else has to review it.',
          ],
          24 * 3_600,
        ),
        on: {
          agree: [
            { guard: 'isRequester', ...refuse(SAME_PERSON) },
            { target: 'reviewed', actions: 'noteReview' },
          ],
          object: [
            { guard: 'isRequester', ...refuse(SAME_PERSON) },
            { target: 'objected', actions: 'noteReview' },
          ],
        },
      },
      reviewed: {
        meta: state(
          ['紧急执行，已复查', 'Done by one, agreed to'],
          ['事后复查，没有异议。', 'Reviewed afterwards; the second person agrees.'],
        ),
      },
      objected: {
        meta: state(
          ['紧急执行，有异议', 'Done by one, objected to'],
          ['事后复查有异议，须跟进处理。', 'Reviewed afterwards; the second person objects. To be followed up.'],
        ),
      },
      rejected: {
        meta: state(['已驳回', 'Rejected'], ['复核人不同意，没有执行。', 'Not agreed to; nothing was done.']),
      },
      withdrawn: {
        meta: state(['已撤回', 'Withdrawn'], ['申请人撤回，没有执行。', 'Taken back by who asked; nothing was done.']),
      },
      expired: {
        meta: state(
          ['已失效', 'Expired'],
          ['超过 24 小时无人复核，没有执行。', 'Nobody agreed in time; nothing was done.'],
        ),
      },
    },
  });
}

const words = (title: readonly [string, string], help: readonly [string, string]): EventMeta => ({
  title: { zh: title[0], en: title[1] },
  help: { zh: help[0], en: help[1] },
  // Sent by the approvals' own routes only, which show the dry run first.
  sentBy: [],
});

export const approvalEvents: Record<ApprovalEvent['type'], EventMeta> = {
  request: words(['提出申请', 'Asked for'], ['有人申请执行需要复核的操作。', 'An action that needs a second person.']),
  approve: words(['批准', 'Approve'], ['同意并立即执行。', 'Agrees; the action is sent at once.']),
  reject: words(['驳回', 'Reject'], ['不同意，操作不会执行。', 'Does not agree; the action is not sent.']),
  withdraw: words(['撤回', 'Withdraw'], ['申请人收回申请。', 'Who asked for it takes it back.']),
  breakGlass: words(
    ['紧急执行', 'Break the glass'],
    [
      '申请人在紧急情况下单人执行，事后复查。',
      'Who asked for it carries it out alone in an emergency; reviewed later.',
    ],
  ),
  agree: words(['复查通过', 'Agree'], ['同意此前的紧急执行。', 'Agrees to what was done in the emergency.']),
  object: words(
    ['提出异议', 'Object'],
    ['不同意此前的紧急执行。', 'Does not agree to what was done in the emergency.'],
  ),
};

/** The list row of an approval: in the list of what it is about. */
export function approvalListing(context: ApprovalContext, status: string) {
  const { request, createdAt, expiresAt, decision, emergency, review } = context;
  const asked = request === null ? null : { ...request, event: { ...request.event }, otherwise: null };
  return {
    owner: request?.to ?? null,
    sortKey: createdAt,
    status,
    view: {
      request: asked,
      createdAt,
      expiresAt,
      decision: decision === null ? null : { ...decision },
      emergency,
      review: review === null ? null : { ...review },
    },
  };
}
