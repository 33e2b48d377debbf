/**
 * notes/<id>: what staff wrote about one actor. A note is never changed; a newer version names the one it replaces. The
 * notes are rows under the actor's address, so nothing grows here. Whom a note names is told at their desk, in the same
 * commit.
 */
import { assign, setup } from 'xstate';
import { effects, type Row, type Stamped, type Tell } from './effects.ts';
import type { EventMeta, StateMeta } from './meta.ts';
import { on } from './narrow.ts';

export const NOTES_TABLE = 'notes';

export interface NoteEvent {
  readonly type: 'add';
  /** Address of what it is about. */
  readonly about: string;
  readonly by: string;
  readonly text: string;
  readonly ticket: string | null;
  readonly edits: string | null;
  /** Members of staff whom the text names. */
  readonly mentions?: readonly string[];
}

export interface NotesContext {
  readonly id: string;
  readonly createdAt: number;
  readonly about: string | null;
  readonly count: number;
}

interface Seen {
  readonly context: NotesContext;
  readonly event: NoteEvent & Stamped;
}

function noteRow({ event }: Seen): Row {
  const { about, by, text, ticket, edits, mentions = [], id } = event;
  return { table: NOTES_TABLE, owner: about, data: { id, by, text, ticket, edits, mentions } };
}

function mentionTells({ event: { about, by, mentions = [], id } }: Seen): readonly Tell[] {
  return mentions
    .filter((name) => name !== by)
    .map((name) => ({ to: `desk/${name}`, event: { type: 'mention', about, by, note: id } }));
}

const notes = setup({
  types: {
    context: {} as NotesContext,
    events: {} as NoteEvent & Stamped,
    input: {} as { readonly id: string; readonly at: number },
    meta: {} as StateMeta,
  },
  actions: {
    ...effects,
    noteAdded: assign(({ context, event }) => ({ about: event.about, count: context.count + 1 })),
  },
});

/** The machine of an actor's notes. */
export function createNotesMachine() {
  return notes.createMachine({
    id: 'notes',
    context: ({ input: { id, at } }) => ({ id, createdAt: at, about: null, count: 0 }),
    initial: 'open',
    states: {
      open: {
        meta: {
          title: { zh: '备注', en: 'Notes' },
          help: { zh: '内部备注，用户不可见。', en: 'Internal notes; customers do not see them.' },
          slaSeconds: 0,
        },
        on: {
          add: {
            actions: [{ type: 'row', params: on(noteRow) }, { type: 'tell', params: on(mentionTells) }, 'noteAdded'],
          },
        },
      },
    },
  });
}

export const notesEvents: Record<'add', EventMeta> = {
  add: {
    title: { zh: '添加备注', en: 'Note added' },
    help: { zh: '内部备注，不能修改，只能追加新版本。', en: 'Never changed; a newer version can be added.' },
    sentBy: [],
  },
};

/** The list row of an actor's notes. */
export function notesListing({ createdAt, about, count }: NotesContext, state: string) {
  return { owner: null, sortKey: createdAt, status: state, view: { about, count } };
}
