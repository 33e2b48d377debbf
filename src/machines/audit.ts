/**
 * audit/log: what people did in the console, for ever.
 *
 * An action is begun here before it takes effect and ended after it, and makes one line; one whose end does not come (the
 * process died, the store did not answer) makes its line by itself, as `unknown`. The log is this actor's journal, whose
 * records are hash-chained; the lines are rows made from it, listed whole and by who, what and on what.
 */
import { assign, setup } from 'xstate';
import { effects, type Row, type Stamped } from './effects.ts';
import type { EventMeta, StateMeta } from './meta.ts';
import { on } from './narrow.ts';

/** An action not ended after this long is listed as unknown; far longer than any request may take. */
const UNENDED_MS = 60_000;
/** Actions under way at once, all of which stand in the context. */
const OPEN_LIMIT = 100;

/** What the lines are listed under. */
export const AUDIT_TABLE = 'audit';
export const AUDIT_LISTS = {
  all: 'log',
  by: (name: string) => `by:${name}`,
  action: (action: string) => `action:${action}`,
  subject: (subject: string) => `subject:${subject}`,
  trace: (traceId: string) => `trace:${traceId}`,
  ticket: (ticket: string) => `ticket:${ticket}`,
} as const;

/** Plain JSON of a few hundred bytes, without personal data. */
export interface AuditNote {
  readonly [key: string]: string | number | boolean | null | readonly string[];
}

export interface AuditSubject {
  /** One action of one person; a repeated request repeats it. */
  readonly id: string;
  readonly by: string;
  readonly role: string | null;
  readonly action: string;
  /** Mostly an address. */
  readonly subject: string | null;
  readonly reason: string | null;
  readonly ticket: string | null;
  readonly traceId: string | null;
  readonly ip: string | null;
}

type AuditOutcome = 'done' | 'refused' | 'unknown';

export interface AuditLine extends AuditSubject {
  readonly outcome: AuditOutcome;
  readonly code: string | null;
  readonly detail: AuditNote;
}

type BeginEvent = { readonly type: 'begin' } & { readonly entry: AuditSubject };
type EndEvent = { readonly type: 'end' } & { readonly entry: AuditLine };

type AuditEvent = Stamped & (BeginEvent | EndEvent);

export interface AuditContext {
  readonly id: string;
  readonly createdAt: number;
  /** Begun and not ended, oldest first. */
  readonly open: readonly (AuditSubject & { readonly at: number })[];
  readonly lineCount: number;
}

interface Seen<E = AuditEvent> {
  readonly context: AuditContext;
  readonly event: E & Stamped;
}

function noteBegun({ context, event }: Seen<BeginEvent>): Partial<AuditContext> {
  return { open: [...context.open, { ...event.entry, at: event.at }] };
}

function noteEnded({ context, event }: Seen<EndEvent>): Partial<AuditContext> {
  return { open: context.open.filter(({ id }) => id !== event.entry.id), lineCount: context.lineCount + 1 };
}

function lineOf({ event }: Seen<EndEvent>): readonly Row[] {
  return rowsOf(event.entry);
}

function isFull({ context }: Seen): boolean {
  return context.open.length >= OPEN_LIMIT;
}

function unended({ context: { open }, event }: Seen): AuditContext['open'] {
  return open.filter(({ at }) => at <= event.at - UNENDED_MS);
}

function noteUnended(seen: Seen): Partial<AuditContext> {
  const over = unended(seen);
  const { open, lineCount } = seen.context;
  return { open: open.filter((one) => !over.includes(one)), lineCount: lineCount + over.length };
}

function unendedLines(seen: Seen): readonly Row[] {
  return unended(seen).flatMap(({ at: _, ...entry }) =>
    rowsOf({ ...entry, outcome: 'unknown', code: null, detail: {} }),
  );
}

function rowsOf(line: AuditLine): readonly Row[] {
  const { all, by, action, subject, trace, ticket } = AUDIT_LISTS;
  const lists = [
    all,
    by(line.by),
    action(line.action),
    ...(line.subject === null ? [] : [subject(line.subject)]),
    ...(line.traceId === null ? [] : [trace(line.traceId)]),
    ...(line.ticket === null ? [] : [ticket(line.ticket)]),
  ];
  return lists.map((owner) => ({ table: AUDIT_TABLE, owner, data: { ...line } }));
}

const FULL = { code: 'AUDIT_BUSY', detail: `${OPEN_LIMIT} actions are under way` };

const audit = setup({
  types: {
    context: {} as AuditContext,
    events: {} as AuditEvent,
    input: {} as { readonly id: string; readonly at: number },
    meta: {} as StateMeta,
  },
  actions: {
    ...effects,
    noteBegun: assign(on(noteBegun)),
    noteEnded: assign(on(noteEnded)),
    noteUnended: assign(on(noteUnended)),
  },
  guards: { isFull: on(isFull), hasOpen: ({ context }) => context.open.length > 0 },
  delays: { unended: UNENDED_MS },
});

/** The machine of the log. */
export function createAuditMachine() {
  return audit.createMachine({
    id: 'audit',
    context: ({ input: { id, at } }) => ({ id, createdAt: at, open: [], lineCount: 0 }),
    initial: 'quiet',
    on: { end: { actions: [{ type: 'row', params: on(lineOf) }, 'noteEnded'] } },
    states: {
      quiet: {
        meta: {
          title: { zh: '无进行中的操作', en: 'Nothing under way' },
          help: { zh: '所有操作都已有结果。', en: 'Every action that was begun has its line.' },
          slaSeconds: 0,
        },
        on: { begin: { target: 'watching', actions: 'noteBegun' } },
      },
      watching: {
        meta: {
          title: { zh: '等待结果', en: 'Under way' },
          help: {
            zh: '有操作已开始、尚无结果；一分钟后仍无结果的记为“未知”。',
            en: 'Some action has begun and not ended; after a minute without an end it is listed as unknown.',
          },
          slaSeconds: 0,
        },
        on: {
          begin: [{ guard: 'isFull', actions: { type: 'refuse', params: FULL } }, { actions: 'noteBegun' }],
        },
        after: {
          unended: [{ target: 'settling', actions: [{ type: 'row', params: on(unendedLines) }, 'noteUnended'] }],
        },
      },
      settling: {
        meta: {
          title: { zh: '清点', en: 'Looking again' },
          help: { zh: '看是否还有未结束的操作。', en: 'Looks whether anything is still under way.' },
          slaSeconds: 0,
        },
        always: [{ guard: 'hasOpen', target: 'watching' }, { target: 'quiet' }],
      },
    },
  });
}

export const auditEvents: Record<'begin' | 'end', EventMeta> = {
  begin: {
    title: { zh: '操作开始', en: 'Begun' },
    help: { zh: '有人开始一项操作，尚未生效。', en: 'Somebody begins an action, which has no effect yet.' },
    sentBy: [],
  },
  end: {
    title: { zh: '操作结果', en: 'Ended' },
    help: { zh: '该操作的结果；一项操作一行。', en: 'What the action came to: its one line.' },
    sentBy: [],
  },
};

/** The list row of the log itself. */
export function auditListing({ createdAt, lineCount, open }: AuditContext, state: string) {
  return { owner: null, sortKey: createdAt, status: state, view: { lineCount, openCount: open.length } };
}
