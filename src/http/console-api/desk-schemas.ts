/**
 * The shapes of what a member of staff keeps at their desk. As in `schemas.ts`, times are epoch ms and response shapes are
 * allow-lists.
 */
import { type Static, Type } from 'typebox';
import { closed, rule } from '../schemas.ts';
import { Ms } from './schemas.ts';
import { Session } from './staff-schemas.ts';

const Name = Type.String({
  pattern: '^[^\\p{C}\\p{Z}](?:[^\\p{C}]{0,38}[^\\p{C}\\p{Z}])?$',
  ...rule('名称：1 至 40 个字符，首尾无空格', 'a name of 1 to 40 characters without outer spaces'),
});

export const ViewName = Type.Object({ name: Name }, closed);
export const NewView = Type.Object(
  {
    name: Name,
    path: Type.String({
      pattern: '^(?:search|incidents|approvals|machines|audit)(?:/[A-Za-z0-9]{1,32})?(?:\\?[!-~]{1,500})?$',
      ...rule('列表及其筛选条件，如 audit?by=lin', 'a list with its filters, such as audit?by=lin'),
    }),
  },
  closed,
);
export const MentionsSeen = Type.Object(
  {
    about: Type.String({ pattern: '^[a-z][a-z0-9]{0,31}/[!-~]{1,160}$', ...rule('地址，如 order/1', 'an address') }),
  },
  closed,
);

export const Desk = Type.Object({
  /** Addresses, newest first. */
  followed: Type.Array(Type.String()),
  views: Type.Array(
    Type.Object({
      name: Type.String(),
      /** Below `/console/`. */
      path: Type.String(),
    }),
  ),
  /** Notes that name this person and that they have not opened, newest first. */
  mentions: Type.Array(Type.Object({ note: Type.String(), about: Type.String(), by: Type.String(), at: Ms })),
});

/** Who can be named in a note. */
export const Colleagues = Type.Object({
  data: Type.Array(Type.Object({ name: Type.String(), role: Session.properties.role })),
});

export type Desk = Static<typeof Desk>;
export type Colleagues = Static<typeof Colleagues>;
