import type { FastifyRequest } from 'fastify';
import { type Address, toAddress, typeOf } from '../../actors/address.ts';
import type { ActorEvent } from '../../actors/record.ts';
import type { DeskContext } from '../../machines/desk.ts';
import type { App } from '../deps.ts';
import { assertNotParked } from '../receipts.ts';
import { ActorPath } from '../schemas.ts';
import { lookersAt } from './access.ts';
import { find } from './action-routes.ts';
import type { ConsoleRouteDeps, Staff } from './console-deps.ts';
import { Colleagues, Desk, MentionsSeen, NewView, ViewName } from './desk-schemas.ts';
import { staffOf } from './guard.ts';
import { problemIn } from './refusals.ts';
import type { ActorCard } from './schemas.ts';
import { listUsers } from './staff-users.ts';

const ACTOR = '/console/api/actors/:type/:id';

/** What each member of staff keeps for themselves: what they follow, their views, and the notes that name them. */
export function deskRoutes(app: App, deps: ConsoleRouteDeps): void {
  const { cards } = deps;
  const answer = { response: { 200: Desk } };

  app.get('/console/api/desk', { schema: answer }, (request) => readDesk(deps, staffOf(request)));

  app.get('/console/api/colleagues', { schema: { response: { 200: Colleagues } } }, async () => ({
    data: (await listUsers(deps))
      .filter(({ isDisabled }) => !isDisabled)
      .map(({ name, role }) => ({ name, role }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  }));

  for (const type of ['follow', 'unfollow'] as const) {
    app.post(`${ACTOR}/${type}`, { schema: { params: ActorPath, ...answer } }, async (request) => {
      const { address } = await find(deps, toAddress(cards.entry(request.params.type).type, request.params.id));
      return changeDesk(deps, request, { type, address });
    });
  }

  app.post('/console/api/desk/views', { schema: { body: NewView, ...answer } }, (request) => {
    const { name, path } = request.body;
    return changeOwn(request, { type: 'saveView', name, path }, { name, path });
  });

  app.post('/console/api/desk/views/remove', { schema: { body: ViewName, ...answer } }, (request) => {
    const { name } = request.body;
    return changeOwn(request, { type: 'removeView', name }, { name });
  });

  app.post('/console/api/desk/mentions/seen', { schema: { body: MentionsSeen, ...answer } }, (request) => {
    const { about } = request.body;
    return changeOwn(request, { type: 'seen', about }, { about });
  });

  function changeOwn(request: FastifyRequest, event: ActorEvent, detail: Readonly<Record<string, string>>) {
    request.audited = { subject: deskOf(staffOf(request)), detail };
    return changeDesk(deps, request, event);
  }
}

function deskOf({ name }: Pick<Staff, 'name'>): Address {
  return toAddress('desk', name);
}

/** @throws FOLLOWING_FULL, VIEWS_FULL */
async function changeDesk({ actors }: ConsoleRouteDeps, request: FastifyRequest, event: ActorEvent): Promise<Desk> {
  const staff = staffOf(request);
  const options = { cause: `staff:${staff.name}`, trace: request.trace.traceparent, awaitHead: true };
  const receipt = await actors.send(deskOf(staff), event, options);
  assertNotParked(receipt);
  const problem = problemIn(receipt, { state: 'open', seq: receipt.seq });
  if (problem !== undefined) throw problem;
  return toDesk(receipt.snapshot.context as unknown as DeskContext, staff);
}

/** An empty one for somebody who has kept nothing yet. */
async function readDesk({ actors }: Pick<ConsoleRouteDeps, 'actors'>, staff: Staff): Promise<Desk> {
  const found = await actors.inspect(deskOf(staff));
  const kept = found?.snapshot.context as unknown as DeskContext | undefined;
  return kept === undefined ? { followed: [], views: [], mentions: [] } : toDesk(kept, staff);
}

function toDesk({ followed, views, mentions }: DeskContext, { role }: Staff): Desk {
  const isShown = (address: string) => lookersAt(typeOf(address as Address)).includes(role);
  return { followed: followed.filter(isShown), views: [...views], mentions: [...mentions] };
}

/** The actors that somebody follows, as they are now, newest first. */
export async function followedBy(
  { actors, cards }: Pick<ConsoleRouteDeps, 'actors' | 'cards'>,
  staff: Staff,
): Promise<ActorCard[]> {
  const { followed } = await readDesk({ actors }, staff);
  const found = await Promise.all(followed.map((address) => actors.inspect(address as Address)));
  return found.flatMap((one) => (one === undefined ? [] : cards.ofInspection(one)));
}
