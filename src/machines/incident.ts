/**
 * incident/<id>: who looks after a group of actors in the same trouble. The group itself is found among the actors each
 * time somebody looks; here stands only what people said about it.
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

export type IncidentEvent = Stamped & (OwnEvent | SnoozeEvent);

export interface IncidentContext {
  readonly id: string;
  readonly createdAt: number;
  readonly group: IncidentGroup | null;
  readonly owner: string | null;
  readonly reason: string | null;
  /** When somebody last looked: what came into the trouble later was not seen. */
  readonly seenAt: number;
  readonly until: number | null;
}

interface Seen<E = IncidentEvent> {
  readonly context: IncidentContext;
  readonly event: E & Stamped;
}

function noteOwner({ event }: Seen<OwnEvent | SnoozeEvent>): Partial<IncidentContext> {
  const { group, by, reason, at } = event;
  return { group, owner: by, reason, seenAt: at, until: event.type === 'snooze' ? event.until : null };
}

const incident = setup({
  types: {
    context: {} as IncidentContext,
    events: {} as IncidentEvent,
    input: {} as { readonly id: string; readonly at: number },
    meta: {} as StateMeta,
  },
  actions: { ...effects, noteOwner: assign(on(noteOwner)) },
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
    }),
    initial: 'open',
    on: {
      acknowledge: { target: '.acknowledged', actions: 'noteOwner' },
      snooze: { target: '.snoozed', actions: 'noteOwner', reenter: true },
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
};

/** The list row of an incident. */
export function incidentListing({ createdAt, group, owner, reason, seenAt, until }: IncidentContext, status: string) {
  return {
    owner: null,
    sortKey: createdAt,
    status,
    view: { group: group === null ? null : { ...group }, owner, reason, seenAt, until },
  };
}
