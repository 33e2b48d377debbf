/**
 * Actors in trouble, grouped by what they have in common.
 *
 * Owns what counts as trouble: standing in a state for longer than it allows, a state that goes on failing, and a payout
 * that came after its amount was given back. The groups are found anew each time; who looks after one stands in its
 * `incident` actor, and counts as long as nothing newer came into it. So does how many they were, which every process
 * counts every few minutes, each time once for all of them.
 */
import { createHash } from 'node:crypto';
import { type Address, idOf, toAddress } from '../../actors/address.ts';
import type { Head, StateCount } from '../../actors/ports.ts';
import type { JsonObject } from '../../actors/record.ts';
import { type IncidentGroup, type incidentListing, TREND_STEP_MS, TREND_STEPS } from '../../machines/incident.ts';
import { PAID_AFTER_RELEASE } from '../../machines/withdrawal-context.ts';
import type { ConsoleRouteDeps } from './console-deps.ts';
import { slaSecondsOf, stateMeta, stateTitle } from './machine-words.ts';
import type { Incident } from './operation-schemas.ts';

/** Heads looked at in each state; a group that may have more says so. */
const HEADS_PER_STATE = 500;
const KNOWN_LIMIT = 200;
/** States of a breaker, the worst last. */
const WORSE: readonly string[] = ['closed', 'half_open', 'open'];
/** So long an incident that is over is still shown. */
const CLEARED_SHOWN_MS = 24 * 3_600_000;

export interface FoundIncident extends Incident {
  readonly actors: readonly Address[];
}

interface Member {
  readonly address: Address;
  readonly since: number;
  readonly amountFen: number | null;
}

interface Group {
  readonly group: IncidentGroup;
  readonly members: Member[];
  isCountLeast: boolean;
}

type Deps = Pick<ConsoleRouteDeps, 'actors' | 'cards' | 'census' | 'clock' | 'dependencies'>;

/** All groups, those open first, then by how long the oldest has waited. */
export async function readIncidents(deps: Deps): Promise<FoundIncident[]> {
  const [groups, owners] = await Promise.all([
    findGroups(deps),
    deps.actors.heads({ type: 'incident', limit: KNOWN_LIMIT }),
  ]);
  const owned = new Map(owners.map((head) => [idOf(head.actor), head]));
  const found = [...groups].map(([id, group]) => toIncident(deps, id, group, owned.get(id)));
  const cleared = owners.flatMap((head) => (groups.has(idOf(head.actor)) ? [] : toCleared(deps, head)));
  const rank = ({ status }: Incident) => ['open', 'acknowledged', 'snoozed', 'cleared'].indexOf(status);
  return [...found, ...cleared].sort((a, b) => rank(a) - rank(b) || a.oldestAt - b.oldestAt);
}

/** By the reading of the counts they were found from: who looks in between gets the same groups, so that many open pages
 * cost no more than one. */
const foundFrom = new WeakMap<object, Promise<Map<string, Group>>>();

async function findGroups(deps: Deps): Promise<Map<string, Group>> {
  const reading = await deps.census.read();
  if (reading === undefined) return new Map();
  const known = foundFrom.get(reading);
  if (known !== undefined) return known;
  const finding = findAmong(deps, reading.states);
  foundFrom.set(reading, finding);
  finding.catch(() => foundFrom.delete(reading));
  return finding;
}

async function findAmong(deps: Deps, states: readonly StateCount[]): Promise<Map<string, Group>> {
  const found = await Promise.all([findPaidAfterRelease(deps), ...states.map((state) => findInState(deps, state))]);
  return new Map(found.flatMap((groups) => [...groups]));
}

async function findInState({ actors, cards, clock }: Deps, { type, state, overdue, count }: StateCount) {
  const groups = new Map<string, Group>();
  if (!cards.has(type)) return groups;
  const entry = cards.entry(type);
  const dependency = stateMeta(entry, state)?.dependsOn ?? null;
  if (overdue === 0 && dependency === null) return groups;
  const slaMs = slaSecondsOf(entry, state) * 1_000;
  const now = clock.now();
  for (const head of await actors.heads({ type, state, limit: HEADS_PER_STATE })) {
    const isOverdue = slaMs > 0 && head.since + slaMs < now;
    const errorClass = errorIn(head.view);
    if (!isOverdue && errorClass === null) continue;
    const cause = isOverdue ? 'overdue' : 'failing';
    add(groups, { type, state, cause, errorClass, dependency }, toMember(head), count > HEADS_PER_STATE);
  }
  return groups;
}

async function findPaidAfterRelease({ actors }: Deps) {
  const groups = new Map<string, Group>();
  const group = { type: 'withdrawal', state: '', cause: 'paid_after_release', dependency: 'alipay' } as const;
  for (const { data, at, actor } of await actors.rows({ ...PAID_AFTER_RELEASE, limit: HEADS_PER_STATE })) {
    const member = { address: actor, since: at, amountFen: data['amountFen'] as number };
    add(groups, { ...group, errorClass: 'PAID_AFTER_RELEASE' }, member, false);
  }
  return groups;
}

function add(groups: Map<string, Group>, group: IncidentGroup, member: Member, isCountLeast: boolean): void {
  const id = incidentId(group);
  const known = groups.get(id) ?? { group, members: [], isCountLeast };
  known.members.push(member);
  groups.set(id, known);
}

/** The same for the same group, on every node. */
function incidentId({ type, state, cause, errorClass, dependency }: IncidentGroup): string {
  const text = JSON.stringify([type, state, cause, errorClass, dependency]);
  return `in_${createHash('sha256').update(text).digest('hex').slice(0, 24)}`;
}

function errorIn({ trouble, lastError }: JsonObject): string | null {
  const named = trouble ?? lastError;
  if (typeof named === 'string') return named;
  const code = (named as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : null;
}

function toMember({ actor, since, view }: Head): Member {
  const amount = view['amountFen'] ?? view['rebateFen'];
  return { address: actor, since, amountFen: typeof amount === 'number' ? amount : null };
}

function toIncident(deps: Deps, id: string, { group, members, isCountLeast }: Group, owner?: Head) {
  const { cards, clock } = deps;
  const times = members.map(({ since }) => since);
  const newestAt = Math.max(...times);
  const amounts = members.flatMap(({ amountFen }) => amountFen ?? []);
  return {
    id,
    ...headOf(cards, group),
    breaker: breakerOf(deps, group),
    count: members.length,
    isCountLeast,
    amountFen: amounts.length === 0 ? null : amounts.reduce((sum, amount) => sum + amount, 0),
    oldestAt: Math.min(...times),
    newestAt,
    ...ownerOf(owner, newestAt, clock.now()),
    trend: trendOf(owner, clock.now(), members.length),
    clearedAt: null,
    actors: members.map(({ address }) => address),
  };
}

function toCleared(deps: Deps, head: Head): FoundIncident[] {
  const { cards, clock } = deps;
  const { group, owner, reason, clearedAt } = viewOf(head);
  if (group === null || !cards.has(group.type) || head.sortKey < clock.now() - CLEARED_SHOWN_MS) return [];
  const times = { oldestAt: head.sortKey, newestAt: head.sortKey, clearedAt };
  const nobody = { count: 0, isCountLeast: false, amountFen: null, actors: [], snoozedUntil: null };
  const trend = trendOf(head, clock.now(), 0);
  const known = { id: idOf(head.actor), ...headOf(cards, group), breaker: breakerOf(deps, group), owner, reason };
  return [{ ...known, ...times, ...nobody, trend, status: 'cleared' }];
}

/** Whoever is in the way of its actors. */
function breakerOf({ dependencies }: Deps, { dependency }: IncidentGroup): Incident['breaker'] {
  const rank = ({ state, isHeld }: { state: string; isHeld: boolean }) => (isHeld ? 3 : WORSE.indexOf(state));
  const breakers = dependencies
    .snapshot()
    .filter((one) => one.dependency === dependency)
    .map(({ state, hold }) => ({ state, isHeld: hold !== null }));
  return breakers.sort((a, b) => rank(b) - rank(a))[0] ?? null;
}

function trendOf(head: Head | undefined, now: number, count: number): number[] {
  const first = now - (now % TREND_STEP_MS) - (TREND_STEPS - 1) * TREND_STEP_MS;
  const known = new Map(head === undefined ? [] : viewOf(head).counts.map(({ at, count: n }) => [at, n] as const));
  const earlier = Array.from({ length: TREND_STEPS - 1 }, (_, n) => known.get(first + n * TREND_STEP_MS) ?? 0);
  return [...earlier, count];
}

/** So often each process counts. */
const LOOK_MS = 300_000;
const COUNTED_LIMIT = 100;

/**
 * Counts every incident now and then until the returned function is called: what is over is closed, and all have a trend.
 * Of all processes that count at one time one is heard. What it misses while none runs is not made up.
 */
export function watchIncidents(deps: Deps & Pick<ConsoleRouteDeps, 'log'>): () => void {
  const { clock, log } = deps;
  let cancel = () => {};
  const wait = () => {
    cancel = clock.after(LOOK_MS - (clock.now() % LOOK_MS), () => {
      countIncidents(deps).catch((error: unknown) => log.warn('incidents cannot be counted just now', { error }));
      wait();
    });
  };
  wait();
  return () => cancel();
}

async function countIncidents(deps: Deps): Promise<void> {
  // Not the same as none: nothing is known of any.
  if ((await deps.census.read()) === undefined) return;
  const id = `counted:${Math.floor(deps.clock.now() / LOOK_MS)}`;
  const open = (await readIncidents(deps)).filter(
    ({ status, clearedAt }) => status !== 'cleared' || clearedAt === null,
  );
  await Promise.all(
    open.slice(0, COUNTED_LIMIT).map(({ id: incident, count, type, state, cause, errorClass, dependency }) => {
      const group = { type, state, cause, errorClass, dependency };
      const event = { type: 'counted', group, count };
      return deps.actors.send(toAddress('incident', incident), event, { id, cause: 'watch', repeatable: true });
    }),
  );
}

function headOf(cards: Deps['cards'], { type, state, cause, errorClass, dependency }: IncidentGroup) {
  const entry = cards.entry(type);
  const stateWords = state === '' ? { zh: '已退回', en: 'Given back' } : stateTitle(entry, state);
  return { type, state, stateTitle: stateWords, cause: cause as Incident['cause'], errorClass, dependency };
}

function viewOf({ view }: Head): ReturnType<typeof incidentListing>['view'] {
  return view as unknown as ReturnType<typeof incidentListing>['view'];
}

/** Whose it is, unless something came into it that its owner had not seen. */
function ownerOf(
  head: Head | undefined,
  newestAt: number,
  now: number,
): Pick<Incident, 'status' | 'owner' | 'reason' | 'snoozedUntil'> {
  const nobody = { status: 'open', owner: null, reason: null, snoozedUntil: null } as const;
  if (head === undefined) return nobody;
  const { owner, reason, seenAt, until } = viewOf(head);
  if (until !== null && until > now) return { status: 'snoozed', owner, reason, snoozedUntil: until };
  return head.state === 'acknowledged' && newestAt <= seenAt
    ? { status: 'acknowledged', owner, reason, snoozedUntil: null }
    : nobody;
}
