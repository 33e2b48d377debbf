/**
 * staff/<name>: one person (or tool) who signs in to the console, with one role.
 *
 * A session names the generation it was made under; a change of role or password, or a disabling, makes a new
 * generation, so all sessions of before end at once. A single session is ended by its id, which is kept until the session
 * would have ended anyway.
 */
import { assign, setup } from 'xstate';
import { effects, type Stamped } from './effects.ts';
import type { EventMeta, StaffRole, StateMeta } from './meta.ts';
import { on } from './narrow.ts';

/** More sessions ended one by one than this end all others with them. */
const ENDED_LIMIT = 50;

interface Ended {
  readonly session: string;
  readonly until: number;
}

export interface StaffContext {
  readonly id: string;
  readonly createdAt: number;
  readonly createdBy: string;
  readonly role: StaffRole | null;
  /** `scrypt$N$r$p$salt$hash`: the parameters stay with the hash they made. */
  readonly passwordHash: string;
  readonly generation: number;
  /** Made by the sandbox: signs in nowhere else. */
  readonly isDemo: boolean;
  readonly ended: readonly Ended[];
  readonly lastSignInAt: number | null;
}

interface AddEvent {
  readonly type: 'add';
  readonly role: StaffRole;
  readonly passwordHash: string;
  readonly isDemo: boolean;
  readonly by: string;
  readonly reason: string;
}

interface RoleEvent {
  readonly type: 'setRole';
  readonly role: StaffRole;
  readonly by: string;
  readonly reason: string;
}

interface PasswordEvent {
  readonly type: 'setPassword';
  readonly passwordHash: string;
  readonly by: string;
  readonly reason: string;
}

interface SwitchEvent {
  readonly type: 'disable' | 'enable';
  readonly by: string;
  readonly reason: string;
}

type SignedOutEvent = { readonly type: 'signedOut' } & Ended;

export type StaffEvent = Stamped &
  (AddEvent | RoleEvent | PasswordEvent | SwitchEvent | SignedOutEvent | { readonly type: 'signedIn' });

interface Seen<E = StaffEvent> {
  readonly context: StaffContext;
  readonly event: E & Stamped;
}

type Change = Partial<StaffContext>;

function noteAdded({ event }: Seen<AddEvent>): Change {
  const { role, passwordHash, isDemo, by, at } = event;
  return { role, passwordHash, isDemo, createdBy: by, createdAt: at, generation: 1 };
}

function noteRole({ context, event }: Seen<RoleEvent>): Change {
  return { role: event.role, ...nextGeneration(context) };
}

function notePassword({ context, event }: Seen<PasswordEvent>): Change {
  return { passwordHash: event.passwordHash, ...nextGeneration(context) };
}

function noteSwitched({ context }: Seen<SwitchEvent>): Change {
  return nextGeneration(context);
}

function nextGeneration({ generation }: StaffContext): Change {
  return { generation: generation + 1, ended: [] };
}

function noteSignedOut({ context, event }: Seen<SignedOutEvent>): Change {
  const { session, until, at } = event;
  const ended = [...context.ended.filter((one) => one.until > at && one.session !== session), { session, until }];
  return ended.length > ENDED_LIMIT ? nextGeneration(context) : { ended };
}

function isSameRole({ context, event }: Seen<RoleEvent>): boolean {
  return context.role === event.role;
}

const EXISTS = { code: 'STAFF_EXISTS', detail: 'the name is taken' };
const DISABLED = { code: 'STAFF_DISABLED', detail: 'the user is disabled' };

const activeMeta: StateMeta = {
  title: { zh: '可登录', en: 'Active' },
  help: { zh: '可以按其角色使用控制台。', en: 'May use the console as the role allows.' },
  slaSeconds: 0,
};

const staff = setup({
  types: {
    context: {} as StaffContext,
    events: {} as StaffEvent,
    input: {} as { readonly id: string; readonly at: number },
    meta: {} as StateMeta,
  },
  actions: {
    ...effects,
    noteAdded: assign(on(noteAdded)),
    noteRole: assign(on(noteRole)),
    notePassword: assign(on(notePassword)),
    noteSwitched: assign(on(noteSwitched)),
    noteSignedIn: assign(({ event }) => ({ lastSignInAt: event.at })),
    noteSignedOut: assign(on(noteSignedOut)),
  },
  guards: { isSameRole: on(isSameRole) },
});

/** The machine of a console user. */
export function createStaffMachine() {
  return staff.createMachine({
    id: 'staff',
    context: ({ input: { id, at } }) => ({
      id,
      createdAt: at,
      createdBy: '',
      role: null,
      passwordHash: '',
      generation: 0,
      isDemo: false,
      ended: [],
      lastSignInAt: null,
    }),
    initial: 'unknown',
    states: {
      unknown: {
        meta: {
          title: { zh: '未建立', en: 'Not made' },
          help: { zh: '没有这个控制台用户。', en: 'There is no such user of the console.' },
          slaSeconds: 0,
        },
        on: { add: { target: 'active', actions: 'noteAdded' } },
      },
      active: {
        meta: activeMeta,
        on: {
          add: { actions: { type: 'refuse', params: EXISTS } },
          setRole: [{ guard: 'isSameRole' }, { actions: 'noteRole' }],
          setPassword: { actions: 'notePassword' },
          disable: { target: 'disabled', actions: 'noteSwitched' },
          enable: {},
          signedIn: { actions: 'noteSignedIn' },
          signedOut: { actions: 'noteSignedOut' },
        },
      },
      disabled: {
        meta: {
          title: { zh: '已停用', en: 'Disabled' },
          help: { zh: '不能登录；所有会话已结束。', en: 'Cannot sign in; every session has ended.' },
          slaSeconds: 0,
        },
        on: {
          add: { actions: { type: 'refuse', params: EXISTS } },
          setRole: [{ guard: 'isSameRole' }, { actions: 'noteRole' }],
          setPassword: { actions: 'notePassword' },
          disable: {},
          enable: { target: 'active', actions: 'noteSwitched' },
          signedIn: { actions: { type: 'refuse', params: DISABLED } },
          signedOut: {},
        },
      },
    },
  });
}

const words = (title: readonly [string, string], help: readonly [string, string]): EventMeta => ({
  title: { zh: title[0], en: title[1] },
  help: { zh: help[0], en: help[1] },
  // Sent by the pages of users and sessions only, which check more than a role.
  sentBy: [],
});

export const staffEvents: Record<StaffEvent['type'], EventMeta> = {
  add: words(['新建用户', 'User added'], ['新用户及其角色。', 'A new user and the role.']),
  setRole: words(
    ['变更角色', 'Role changed'],
    ['角色变更后须重新登录。', 'All sessions end; the user signs in again under the new role.'],
  ),
  setPassword: words(
    ['更换密码', 'Password changed'],
    ['更换后须重新登录。', 'All sessions end; the user signs in again with the new password.'],
  ),
  disable: words(['停用', 'Disabled'], ['立即结束所有会话，不能再登录。', 'All sessions end at once.']),
  enable: words(['启用', 'Enabled'], ['恢复登录。', 'The user may sign in again.']),
  signedIn: words(['登录', 'Signed in'], ['登录成功。', 'The user has signed in.']),
  signedOut: words(['退出', 'Signed out'], ['该会话已结束。', 'That session has ended.']),
};

/** The list row of a user. */
export function staffListing(context: StaffContext, state: string, id: string) {
  const { role, createdAt, createdBy, isDemo, lastSignInAt } = context;
  return {
    owner: null,
    sortKey: createdAt,
    status: state,
    view: { name: id, role, createdAt, createdBy, isDemo, lastSignInAt },
  };
}
