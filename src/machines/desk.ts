/**
 * desk/<name>: what one member of staff keeps at hand: the actors they follow, the lists they come back to, and the notes
 * that name them and that they have not read. All of it is bounded; who follows or saves too much is told so, and of too
 * many unread notes the oldest go.
 */
import { assign, setup } from 'xstate';
import { effects, type Stamped } from './effects.ts';
import type { EventMeta, StateMeta } from './meta.ts';
import { on } from './narrow.ts';

export const FOLLOWED_LIMIT = 200;
export const VIEWS_LIMIT = 50;
const MENTIONS_LIMIT = 100;

interface FollowEvent {
  readonly type: 'follow' | 'unfollow';
  readonly address: string;
}

/** A list with its filters, by a name of one's own; saved again under that name it is another list. */
interface SaveViewEvent {
  readonly type: 'saveView';
  readonly name: string;
  /** Below `/console/`: `audit?by=lin`. */
  readonly path: string;
}

interface RemoveViewEvent {
  readonly type: 'removeView';
  readonly name: string;
}

interface MentionEvent {
  readonly type: 'mention';
  readonly about: string;
  readonly by: string;
  readonly note: string;
}

/** Whoever the desk belongs to has opened what the notes are about. */
interface SeenEvent {
  readonly type: 'seen';
  readonly about: string;
}

export type DeskEvent = Stamped & (FollowEvent | SaveViewEvent | RemoveViewEvent | MentionEvent | SeenEvent);

export interface DeskContext {
  readonly id: string;
  readonly createdAt: number;
  readonly changedAt: number;
  /** Newest first. */
  readonly followed: readonly string[];
  readonly views: readonly { readonly name: string; readonly path: string }[];
  /** Unread, newest first. */
  readonly mentions: readonly {
    readonly note: string;
    readonly about: string;
    readonly by: string;
    readonly at: number;
  }[];
}

interface Seen<E = DeskEvent> {
  readonly context: DeskContext;
  readonly event: E & Stamped;
}

type Change = Partial<DeskContext>;

function noteFollowed({ context, event }: Seen<FollowEvent>): Change {
  return { followed: [event.address, ...context.followed], changedAt: event.at };
}

function noteUnfollowed({ context, event }: Seen<FollowEvent>): Change {
  return { followed: context.followed.filter((one) => one !== event.address), changedAt: event.at };
}

function noteView({ context, event: { name, path, at } }: Seen<SaveViewEvent>): Change {
  const others = context.views.filter((one) => one.name !== name);
  return { views: [...others, { name, path }], changedAt: at };
}

function noteViewRemoved({ context, event }: Seen<RemoveViewEvent>): Change {
  return { views: context.views.filter(({ name }) => name !== event.name), changedAt: event.at };
}

function noteMention({ context, event: { about, by, note, at } }: Seen<MentionEvent>): Change {
  return { mentions: [{ note, about, by, at }, ...context.mentions].slice(0, MENTIONS_LIMIT), changedAt: at };
}

function noteSeen({ context, event }: Seen<SeenEvent>): Change {
  return { mentions: context.mentions.filter(({ about }) => about !== event.about), changedAt: event.at };
}

function isFollowed({ context, event }: Seen<FollowEvent>): boolean {
  return context.followed.includes(event.address);
}

function isFollowingFull({ context }: Seen<FollowEvent>): boolean {
  return context.followed.length >= FOLLOWED_LIMIT;
}

function isViewsFull({ context, event }: Seen<SaveViewEvent>): boolean {
  return context.views.length >= VIEWS_LIMIT && !context.views.some(({ name }) => name === event.name);
}

const FOLLOWING_FULL = { code: 'FOLLOWING_FULL', detail: `${FOLLOWED_LIMIT} are followed already` };
const VIEWS_FULL = { code: 'VIEWS_FULL', detail: `${VIEWS_LIMIT} are saved already` };

const desk = setup({
  types: {
    context: {} as DeskContext,
    events: {} as DeskEvent,
    input: {} as { readonly id: string; readonly at: number },
    meta: {} as StateMeta,
  },
  actions: {
    ...effects,
    noteFollowed: assign(on(noteFollowed)),
    noteUnfollowed: assign(on(noteUnfollowed)),
    noteView: assign(on(noteView)),
    noteViewRemoved: assign(on(noteViewRemoved)),
    noteMention: assign(on(noteMention)),
    noteSeen: assign(on(noteSeen)),
  },
  guards: { isFollowed: on(isFollowed), isFollowingFull: on(isFollowingFull), isViewsFull: on(isViewsFull) },
});

/** The machine of a desk. */
export function createDeskMachine() {
  const refuse = (params: { code: string; detail: string }) => ({ actions: { type: 'refuse', params } }) as const;
  return desk.createMachine({
    id: 'desk',
    context: ({ input: { id, at } }) => ({ id, createdAt: at, changedAt: at, followed: [], views: [], mentions: [] }),
    initial: 'open',
    states: {
      open: {
        meta: {
          title: { zh: '工作台', en: 'Desk' },
          help: {
            zh: '一位员工关注的单据、保存的视图和未读的提醒。',
            en: 'What one member of staff follows, has saved, and has not read.',
          },
          slaSeconds: 0,
        },
        on: {
          follow: [
            { guard: 'isFollowed' },
            { guard: 'isFollowingFull', ...refuse(FOLLOWING_FULL) },
            { actions: 'noteFollowed' },
          ],
          unfollow: { actions: 'noteUnfollowed' },
          saveView: [{ guard: 'isViewsFull', ...refuse(VIEWS_FULL) }, { actions: 'noteView' }],
          removeView: { actions: 'noteViewRemoved' },
          mention: { actions: 'noteMention' },
          seen: { actions: 'noteSeen' },
        },
      },
    },
  });
}

const words = (title: readonly [string, string], help: readonly [string, string]): EventMeta => ({
  title: { zh: title[0], en: title[1] },
  help: { zh: help[0], en: help[1] },
  // Sent by the pages of whoever the desk belongs to, and by notes.
  sentBy: [],
});

export const deskEvents: Record<DeskEvent['type'], EventMeta> = {
  follow: words(['关注', 'Followed'], ['在首页显示其状态。', 'Shown on the start page with its state.']),
  unfollow: words(['取消关注', 'No longer followed'], ['不再在首页显示。', 'No longer on the start page.']),
  saveView: words(['保存视图', 'View saved'], ['保存列表及其筛选条件。', 'Keeps a list with its filters.']),
  removeView: words(['删除视图', 'View removed'], ['删除保存的视图。', 'The saved list is forgotten.']),
  mention: words(['被提到', 'Mentioned'], ['有备注提到了此人。', 'A note names this person.']),
  seen: words(['已读', 'Read'], ['已打开相关单据。', 'What the note is about was opened.']),
};

/** The list row of a desk. */
export function deskListing({ changedAt, followed, views, mentions }: DeskContext, state: string) {
  const counts = { followedCount: followed.length, viewCount: views.length, unreadCount: mentions.length };
  return { owner: null, sortKey: changedAt, status: state, view: counts };
}
