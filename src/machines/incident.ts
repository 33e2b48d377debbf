/**
 * incident/<id>: who looks after a group of actors in the same trouble, and how many they were over the last day. The group
 * itself is found among the actors each time somebody looks; here stands what people said about it and what was counted.
 * It closes by itself when none is left, and opens anew, nobody's, when there is one again.
 */
import { assign, setup } from 'xstate';
import { effects, type Stamped } from './effects.ts';
import type { EventMeta, StateMeta } from './meta.ts';
import { on } from './narrow.ts';

/** What the group has in common. */
export interface IncidentGroup {
  readonly type: string;
  readonly state: string;
  readonly cause: string;
  readonly errorClass: string | null;
  readonly dependency: string | null;
}

interface OwnEvent {
  readonly type: 'acknowledge';
  readonly group: IncidentGroup;
  readonly by: string;
  readonly reason: string;
}

interface SnoozeEvent {
  readonly type: 'snooze';
  readonly group: IncidentGroup;
  readonly by: string;
  readonly reason: string;
  readonly until: number;
}

/** How many are in it now; 0 = it is over. */
interface CountedEvent {
  readonly type: 'counted';
  readonly group: IncidentGroup;
  readonly count: number;
}

export type IncidentEvent = Stamped & (OwnEvent | SnoozeEvent | CountedEvent);

/** The most that were counted within one such stretch stand for it. */
export const TREND_STEP_MS = 1_800_000;
export const TREND_STEPS = 48;

export interface IncidentContext {
  readonly id: string;
  readonly createdAt: number;
  readonly group: IncidentGroup | null;
  readonly owner: string | null;
  readonly reason: string | null;
  /** When somebody last looked: what came into the trouble later was not seen. */
  readonly seenAt: number;
  readonly until: number | null;
  /** When it was found to be over; null as long as it is not. */
  readonly clearedAt: number | null;
  /** One for each stretch in which it was counted, oldest first, of the last day. */
  readonly counts: readonly { readonly at: number; readonly count: number }[];
}

interface Seen<E = IncidentEvent> {
  readonly context: IncidentContext;
  readonly event: E & Stamped;
}

function noteOwner({ event }: Seen<OwnEvent | SnoozeEvent>): Partial<IncidentContext> {
  const { group, by, reason, at } = event;
  return { group, owner: by, reason, seenAt: at, until: event.type === 'snooze' ? event.until : null };
}

function noteCount({ context, event: { group, count, at } }: Seen<CountedEvent>): Partial<IncidentContext> {
  const start = at - (at % TREND_STEP_MS);
  const known = context.counts.find((one) => one.at === start)?.count ?? 0;
  const others = context.counts.filter((one) => one.at > start - TREND_STEP_MS * TREND_STEPS && one.at !== start);
  return {
    group,
    clearedAt: count === 0 ? at : null,
    counts: [...others, { at: start, count: Math.max(known, count) }],
  };
}

function isOver({ event }: Seen<CountedEvent>): boolean {
  return event.count === 0;
}

const incident = setup({
  types: {
    context: {} as IncidentContext,
    events: {} as IncidentEvent,
    input: {} as { readonly id: string; readonly at: number },
    meta: {} as StateMeta,
  },
  actions: {
    ...effects,
    noteOwner: assign(on(noteOwner)),
    noteCount: assign(on(noteCount)),
    noteNobody: assign({ owner: null, reason: null, until: null }),
  },
  guards: { isOver: on(isOver) },
  delays: { snoozed: ({ context, event }) => Math.max(0, (context.until ?? event.at) - event.at) },
});

const state = (title: readonly [string, string], help: readonly [string, string]): StateMeta => ({
  title: { zh: title[0], en: title[1] },
  help: { zh: help[0], en: help[1] },
  slaSeconds: 0,
});

/** The machine of an incident. */
export function createIncidentMachine() {
  return incident.createMachine({
    id: 'incident',
    context: ({ input: { id, at } }) => ({
      id,
      createdAt: at,
      group: null,
      owner: null,
      reason: null,
      seenAt: at,
      until: null,
      clearedAt: null,
      counts: [],
    }),
    initial: 'open',
    on: {
      acknowledge: { target: '.acknowledged', actions: 'noteOwner' },
      snooze: { target: '.snoozed', actions: 'noteOwner', reenter: true },
      counted: [{ guard: 'isOver', target: '.cleared', actions: 'noteCount' }, { actions: 'noteCount' }],
    },
    states: {
      open: { meta: state(['待处理', 'Open'], ['还没有人处理。', 'Nobody looks after it yet.']) },
      acknowledged: {
        meta: state(['处理中', 'Acknowledged'], ['已有人负责。', 'Somebody looks after it.']),
      },
      snoozed: {
        meta: state(['已暂缓', 'Snoozed'], ['到时间后再次提醒。', 'Comes back when its time is over.']),
        after: { snoozed: 'open' },
      },
      cleared: {
        meta: state(
          ['已自动关闭', 'Closed by itself'],
          ['已没有相关单据；再出现时重新打开。', 'None is left; it opens again with the next.'],
        ),
        on: { counted: [{ guard: 'isOver' }, { target: 'open', actions: ['noteCount', 'noteNobody'] }] },
      },
    },
  });
}

const words = (title: readonly [string, string], help: readonly [string, string]): EventMeta => ({
  title: { zh: title[0], en: title[1] },
  help: { zh: help[0], en: help[1] },
  // Sent by the incidents' own routes only.
  sentBy: [],
});

export const incidentEvents: Record<IncidentEvent['type'], EventMeta> = {
  acknowledge: words(['认领', 'Acknowledge'], ['由本人负责跟进。', 'Somebody takes care of it.']),
  snooze: words(['暂缓', 'Snooze'], ['一段时间内不再提醒。', 'Not shown as open for a while.']),
  counted: words(
    ['清点', 'Counted'],
    ['当前涉及多少单据；为零则自动关闭。', 'How many are in it now; with none it closes.'],
  ),
};

/** The list row of an incident: what was counted or said last comes first. */
export function incidentListing(context: IncidentContext, status: string) {
  const { group, owner, reason, seenAt, until, clearedAt, counts } = context;
  return {
    owner: null,
    sortKey: Math.max(seenAt, clearedAt ?? 0, counts.at(-1)?.at ?? 0),
    status,
    view: { group: group === null ? null : { ...group }, owner, reason, seenAt, until, clearedAt, counts },
  };
}
