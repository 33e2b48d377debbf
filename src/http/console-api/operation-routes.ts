import { typeOf } from '../../actors/address.ts';
import type { Inspection } from '../../actors/facade.ts';
import type { Head } from '../../actors/ports.ts';
import type { MachineEntry } from '../../machines/catalog.ts';
import type { App } from '../deps.ts';
import { waitingTitle } from '../graph/describe-waiting.ts';
import { readPage } from '../paging.ts';
import type { ConsoleRouteDeps } from './console-deps.ts';
import { readDeadLetters, replayLetter } from './dead-letters.ts';
import { staffOf } from './guard.ts';
import { readMachines, statesWith } from './machine-counts.ts';
import { readMap } from './machine-map.ts';
import { MachineMap, Machines, MapQuery, StateQuery, TypePath } from './machine-schemas.ts';
import { typeTitle } from './machine-words.ts';
import { Backlog, DeadLetters, ReplayRequest, ReplayResults, Timers } from './operation-schemas.ts';
import { CardPage } from './schemas.ts';

const TIMERS_AHEAD_MS = 3_600_000;
const SHOWN_TIMERS = 100;
/** A sweep looks each second; what is due for longer than this was missed by several. */
const LATE_MS = 5_000;

/** What the machines as a whole are doing: where everybody stands, what is due, what is stuck. */
export function operationRoutes(app: App, deps: ConsoleRouteDeps): void {
  const { actors, cards, clock, cursors, operations } = deps;

  app.get('/console/api/machines', { schema: { response: { 200: Machines } } }, async () => ({
    now: clock.now(),
    data: await readMachines(deps),
  }));

  app.get(
    '/console/api/machines/:type/map',
    { schema: { params: TypePath, querystring: MapQuery, response: { 200: MachineMap } } },
    async (request) => {
      const { type } = cards.entry(request.params.type);
      const { version, hours = '1' } = request.query;
      return { now: clock.now(), ...(await readMap(deps, type, { version, hours: hours === '24' ? 24 : 1 })) };
    },
  );

  app.get(
    '/console/api/machines/:type/actors',
    { schema: { params: TypePath, querystring: StateQuery, response: { 200: CardPage } } },
    async (request) => {
      const { type } = cards.entry(request.params.type);
      const { state: leaf, version, ...query } = request.query;
      const states = await statesWith(deps, type, leaf, version);
      const asked = { type, ...(version === undefined ? {} : { machine: version }) };
      return await readPage(
        {
          query,
          cursors,
          scope: ['console', type, leaf, version ?? ''],
          fetch: async (range) => {
            const heads = await Promise.all(states.map((state) => actors.heads({ ...asked, state, ...range })));
            return heads.flat().sort(newestFirst).slice(0, range.limit);
          },
          positionOf: ({ sortKey, actor }: Head) => [sortKey, actor],
        },
        (head) => cards.ofHead(head),
      );
    },
  );

  app.get('/console/api/timers', { schema: { response: { 200: Timers } } }, async () => {
    const now = clock.now();
    const until = now + TIMERS_AHEAD_MS;
    const due = await operations.due(until, SHOWN_TIMERS);
    const found = await Promise.all(due.map(({ actor }) => actors.inspect(actor)));
    const data = due.map(({ actor, nextDue }, index) => {
      return {
        address: actor,
        dueAt: nextDue,
        isLate: nextDue < now - LATE_MS,
        entries: entriesOf(found[index], cards.entry(typeOf(actor)), until),
      };
    });
    // A list may be behind its actor, which by now waits for nothing of the kind.
    return { now, data: data.filter(({ entries }) => entries.length > 0) };
  });

  app.get('/console/api/backlog', { schema: { response: { 200: Backlog } } }, () => readBacklog(deps));

  app.get('/console/api/deadletters', { schema: { response: { 200: DeadLetters } } }, async () => ({
    now: clock.now(),
    undeliveredCount: await operations.undeliveredCount(),
    data: await readDeadLetters(deps),
  }));

  app.post(
    '/console/api/deadletters/replay',
    { schema: { body: ReplayRequest, response: { 200: ReplayResults } } },
    async (request) => {
      const { ids } = request.body;
      request.audited.detail = { ids };
      const { name } = staffOf(request);
      return { data: await Promise.all(ids.map((id) => replayLetter(deps, id, name))) };
    },
  );
}

/** As lists are paged. */
function newestFirst(a: Head, b: Head): number {
  return b.sortKey - a.sortKey || (a.actor < b.actor ? 1 : -1);
}

async function readBacklog({ actors, clock, load }: ConsoleRouteDeps): Promise<Backlog> {
  const { machines, outbox } = load();
  const now = clock.now();
  return {
    now,
    queued: [...machines].flatMap(([type, { queued, oldestAt = now }]) =>
      queued === 0 ? [] : [{ type, title: typeTitle(type), count: queued, oldestAt }],
    ),
    outbox: { count: outbox.depth, oldestAt: outbox.oldestAt ?? null },
    processes: (await actors.nodes()).flatMap(({ id, role, status, heartbeatAt, batch, watermark }) =>
      status === 'retired' ? [] : [{ id, role, status, heartbeatAt, behind: batch - watermark }],
    ),
  };
}

function entriesOf(found: Inspection | undefined, machine: MachineEntry, until: number) {
  return (found?.snapshot.waiting ?? [])
    .filter(({ dueAt }) => dueAt <= until)
    .map((entry) => ({
      kind: entry.kind,
      name: entry.kind === 'call' ? entry.name : nameOfTimer(entry.id),
      title: waitingTitle(entry, machine),
      dueAt: entry.dueAt,
      attempt: entry.attempt,
    }));
}

/** `queryDelay` of XState's `xstate.after.queryDelay.withdrawal.paying.unknown`. */
function nameOfTimer(id: string): string {
  return /^xstate\.after\.([^.]+)\./.exec(id)?.[1] ?? id;
}
