/**
 * job/<id>: one action on many actors, done a few each second.
 *
 * Each item is one message whose id follows from the job and the item, so an item is done once however often the job is
 * paused, killed or tried again. The job is done when every item's outcome stands here.
 */
import { assign, setup } from 'xstate';
import { type Call, effects, type Stamped } from './effects.ts';
import type { EventMeta, StateMeta } from './meta.ts';
import { on } from './narrow.ts';

const BATCH_TIMEOUT_MS = 30_000;
const RETRY = { baseMs: 1_000, maxMs: 60_000 } as const;
const BATCH_PAUSE_MS = 1_000;

type ItemOutcome = 'done' | 'ignored' | 'refused' | 'parked' | 'missing';

interface ItemResult {
  readonly outcome: ItemOutcome;
  /** Of the record that has it; 0 when there is no such actor. */
  readonly seq: number;
  /** Of a refusal. */
  readonly code?: string;
}

interface PlainEvent {
  readonly type: string;
  readonly [key: string]: string | number | boolean | null;
}

export interface JobCreate {
  readonly type: 'create';
  /** Type of the actors, and their ids. */
  readonly of: string;
  readonly ids: readonly string[];
  /** What each is sent. */
  readonly event: PlainEvent;
  readonly by: string;
  readonly reason: string;
  readonly ticket: string | null;
  readonly amountFen: number | null;
  readonly perSecond: number;
  /** Whose agreement it waits for; null = it begins at once. */
  readonly approval: string | null;
}

interface StartEvent {
  readonly type: 'start';
  readonly by: string;
  readonly approvedBy: string;
}

interface StaffEvent {
  readonly type: 'pause' | 'resume' | 'cancel';
  readonly by: string;
  readonly reason: string;
}

interface ResultsEvent {
  readonly type: 'items.ok';
  readonly output: { readonly results: readonly (ItemResult & { readonly n: number })[] };
}

interface LateEvent {
  readonly type: 'items.late';
  readonly outcome: { readonly kind: string; readonly output?: ResultsEvent['output'] };
}

export type JobEvent = Stamped &
  (
    | JobCreate
    | StartEvent
    | { readonly type: 'reject'; readonly by: string }
    | StaffEvent
    | ResultsEvent
    | LateEvent
    | { readonly type: 'items.refused'; readonly reason: { readonly code: string } }
  );

export interface JobContext {
  readonly id: string;
  readonly createdAt: number;
  readonly plan: Omit<JobCreate, 'type'> | null;
  readonly approvedBy: string | null;
  /** By place in `plan.ids`; null = not yet known. */
  readonly results: readonly (ItemResult | null)[];
  readonly endedAt: number | null;
  /** Who last paused, resumed or ended it, and why. */
  readonly lastWord: { readonly by: string; readonly reason: string; readonly at: number } | null;
}

interface Seen<E = JobEvent> {
  readonly context: JobContext;
  readonly event: E & Stamped;
}

type Change = Partial<JobContext>;

function noteCreated({ event }: Seen<JobCreate>): Change {
  const { of, ids, event: sent, by, reason, ticket, amountFen, perSecond, approval, at } = event;
  const plan = { of, ids, event: sent, by, reason, ticket, amountFen, perSecond, approval };
  return { plan, createdAt: at, results: ids.map(() => null) };
}

function planOf({ plan }: JobContext): Omit<JobCreate, 'type'> {
  if (plan === null) throw new Error('a job without a plan');
  return plan;
}

/** The next few items without an outcome, each under its own message id. */
function batchCall({ context }: Pick<Seen, 'context'>): Call {
  const { of, ids, event, perSecond } = planOf(context);
  const open = context.results.flatMap((result, n) => (result === null ? [n] : [])).slice(0, perSecond);
  const items = open.map((n) => ({ n, to: `${of}/${ids[n]}`, id: `job/${context.id}:${n}` }));
  const approved = context.approvedBy === null ? {} : { approvedBy: context.approvedBy };
  const input = { event: { ...event, ...approved }, items, cause: `job/${context.id}` };
  return { name: 'items', activity: 'sendEvents', input, timeoutMs: BATCH_TIMEOUT_MS, retry: RETRY };
}

function withResults({ results }: JobContext, output: ResultsEvent['output'] | undefined): Change {
  const known = new Map((output?.results ?? []).map(({ n, ...result }) => [n, result]));
  return { results: results.map((result, n) => result ?? known.get(n) ?? null) };
}

function noteWord({ event }: Seen<StaffEvent>): Change {
  return { lastWord: { by: event.by, reason: event.reason, at: event.at } };
}

function isCreator({ context, event }: Seen<StartEvent>): boolean {
  return planOf(context).by === event.approvedBy;
}

const SAME_PERSON = { code: 'APPROVAL_SAME_PERSON', detail: 'whoever made the job cannot approve it' };

const job = setup({
  types: {
    context: {} as JobContext,
    events: {} as JobEvent,
    input: {} as { readonly id: string; readonly at: number },
    meta: {} as StateMeta,
  },
  actions: {
    ...effects,
    noteCreated: assign(on(noteCreated)),
    noteApproved: assign(on(({ event }: Seen<StartEvent>) => ({ approvedBy: event.approvedBy }))),
    noteResults: assign(on(({ context, event }: Seen<ResultsEvent>) => withResults(context, event.output))),
    noteLateResults: assign(on(({ context, event }: Seen<LateEvent>) => withResults(context, event.outcome.output))),
    noteWord: assign(on(noteWord)),
    noteEnd: assign({ endedAt: ({ event }) => event.at }),
  },
  guards: {
    needsApproval: ({ context }) => planOf(context).approval !== null,
    isCreator: on(isCreator),
    isComplete: ({ context }) => context.results.every((result) => result !== null),
  },
  delays: { batchPause: BATCH_PAUSE_MS },
});

const state = (title: readonly [string, string], help: readonly [string, string], slaSeconds = 0): StateMeta => ({
  title: { zh: title[0], en: title[1] },
  help: { zh: help[0], en: help[1] },
  slaSeconds,
});

function runningState({ createStateConfig }: typeof job) {
  return createStateConfig({
    meta: state(['执行中', 'Running'], ['按设定速度逐批执行。', 'A few items are done each second.'], 3_600),
    initial: 'sending',
    on: { pause: { target: 'paused', actions: 'noteWord' }, cancel: { target: 'canceled', actions: 'noteWord' } },
    states: {
      sending: {
        meta: state(
          ['发送中', 'Sending'],
          ['正在执行一批，等待结果。', 'A batch is out; its outcomes are to come.'],
          120,
        ),
        entry: { type: 'call', params: on(batchCall) },
        exit: { type: 'abandon', params: { name: 'items' } },
        on: {
          'items.ok': { target: 'weighing', actions: 'noteResults' },
          'items.refused': { target: '#job.paused' },
        },
      },
      weighing: {
        meta: state(['判定中', 'Weighing'], ['看是否全部完成。', 'Looks whether every item is done.'], 1),
        always: [{ guard: 'isComplete', target: '#job.done' }, { target: 'resting' }],
      },
      resting: {
        meta: state(['间歇', 'Pausing'], ['按限速等待下一批。', 'Waits for the next second’s batch.'], 10),
        after: { batchPause: 'sending' },
      },
    },
  });
}

/** The machine of a job. */
export function createJobMachine() {
  return job.createMachine({
    id: 'job',
    context: ({ input: { id, at } }) => ({
      id,
      createdAt: at,
      plan: null,
      approvedBy: null,
      results: [],
      endedAt: null,
      lastWord: null,
    }),
    initial: 'unplanned',
    on: { 'items.late': { actions: 'noteLateResults' } },
    states: {
      unplanned: {
        meta: state(['未建立', 'Not made'], ['任务尚未建立。', 'The job has not been made yet.']),
        on: { create: { target: 'planned', actions: 'noteCreated' } },
      },
      planned: {
        meta: state(['已建立', 'Made'], ['判断是否需要复核。', 'Looks whether it needs a second person.'], 1),
        always: [{ guard: 'needsApproval', target: 'awaiting' }, { target: 'running' }],
      },
      awaiting: {
        meta: state(['待复核', 'Waiting for approval'], ['等待另一人批准。', 'A second person has to agree.'], 3_600),
        on: {
          start: [
            { guard: 'isCreator', actions: { type: 'refuse', params: SAME_PERSON } },
            { target: 'running', actions: 'noteApproved' },
          ],
          reject: { target: 'rejected', actions: 'noteEnd' },
          cancel: { target: 'canceled', actions: 'noteWord' },
        },
      },
      running: runningState(job),
      paused: {
        meta: state(
          ['已暂停', 'Paused'],
          ['已执行的保留，其余等待继续。', 'What is done stays; the rest waits.'],
          86_400,
        ),
        on: {
          resume: { target: 'running', actions: 'noteWord' },
          cancel: { target: 'canceled', actions: 'noteWord' },
        },
      },
      done: {
        meta: state(['已完成', 'Done'], ['每一项都有结果。', 'Every item has its outcome.']),
        entry: 'noteEnd',
      },
      canceled: {
        meta: state(['已取消', 'Canceled'], ['未执行的不再执行。', 'What was not done is left undone.']),
        entry: 'noteEnd',
      },
      rejected: {
        meta: state(['已驳回', 'Rejected'], ['未获批准，没有执行。', 'Not agreed to; nothing was done.']),
      },
    },
  });
}

const words = (title: readonly [string, string], help: readonly [string, string]): EventMeta => ({
  title: { zh: title[0], en: title[1] },
  help: { zh: help[0], en: help[1] },
  // Sent by the jobs' own routes, approvals and activities only.
  sentBy: [],
});

export const jobEvents: Record<JobEvent['type'], EventMeta> = {
  create: words(['建立任务', 'Made'], ['选定对象与操作。', 'The actors and what each is to be sent.']),
  start: words(['获准执行', 'Approved'], ['复核通过，开始执行。', 'Agreed to; it begins.']),
  reject: words(['驳回', 'Rejected'], ['复核未通过、撤回或失效。', 'Not agreed to, withdrawn or lapsed.']),
  pause: words(['暂停', 'Pause'], ['停止后续批次。', 'No further batch is sent.']),
  resume: words(['继续', 'Resume'], ['继续执行剩余各项。', 'Goes on with what is left.']),
  cancel: words(['取消', 'Cancel'], ['剩余各项不再执行。', 'What is left is not done.']),
  'items.ok': words(['一批完成', 'Batch done'], ['该批每一项的结果。', 'The outcome of each item of a batch.']),
  'items.refused': words(
    ['无法执行', 'Batch refused'],
    ['该批无法执行，任务暂停。', 'The batch cannot be sent: the job pauses.'],
  ),
  'items.late': words(
    ['迟到的结果', 'Late outcomes'],
    ['暂停或取消后到达的结果。', 'Outcomes that came after a pause or an end.'],
  ),
};

/** The list row of a job. */
export function jobListing({ plan, approvedBy, results, createdAt, endedAt }: JobContext, stateName: string) {
  const known = results.filter((result) => result !== null);
  return {
    owner: null,
    sortKey: createdAt,
    status: stateName.startsWith('running') ? 'running' : stateName,
    view: {
      type: plan?.of ?? '',
      event: plan?.event.type ?? '',
      by: plan?.by ?? '',
      reason: plan?.reason ?? '',
      ticket: plan?.ticket ?? null,
      approval: plan?.approval ?? null,
      approvedBy,
      amountFen: plan?.amountFen ?? null,
      perSecond: plan?.perSecond ?? 0,
      count: results.length,
      doneCount: known.length,
      refusedCount: known.filter(({ outcome }) => outcome !== 'done').length,
      createdAt,
      endedAt,
    },
  };
}
