/**
 * What users and staff do in a run, and the upheavals that no port call causes: drawn from the seed.
 */
import { toAddress } from '../../src/actors/address.ts';
import type { Clients } from './clients.ts';
import { START } from './profile.ts';
import type { Random } from './random.ts';
import type { OrderFact } from './taobao-book.ts';
import type { World } from './world.ts';

/** Schedules a whole run's worth of work. */
export function scheduleWorkload(world: World): void {
  startFeeds(world);
  bindChannels(world);
  sendEarlyRows(world);
  scheduleWithdrawals(world);
  scheduleStaff(world);
  scheduleUpheavals(world);
}

export function startFeeds({ clients, profile, scheduler }: World): void {
  const all = profile.feeds.length === 0 ? [] : [...profile.feeds, 'nightly'];
  for (const feed of all) {
    clients.schedule(scheduler.now, () =>
      clients.ask(toAddress('feed', feed), { type: 'start', from: profile.rules.orderStart }, 'start', 'runtime'),
    );
  }
}

function bindChannels({ clients, profile, random: seed }: World): void {
  const random = seed.fork('bindings');
  const { users, history, safetyMs } = profile;
  history.channels.forEach((channel, index) => {
    if (random.chance(0.08)) return;
    const userId = users[index % users.length] as string;
    const at = START + (random.chance(0.7) ? 0 : random.between(0, safetyMs));
    clients.schedule(at, () => clients.bind(channel, userId));
    // A second staff member may bind the same channel to another user: one of them is refused.
    if (random.chance(0.2)) clients.schedule(at, () => clients.bind(channel, random.pick(users)));
  });
}

/** Money from the first moment in most runs, whatever keeps the feed. */
function sendEarlyRows(world: World): void {
  const { taobao, profile, random: seed } = world;
  if (profile.feeds.length > 0 && seed.fork('early').chance(0.3)) return;
  const early = taobao.orders.filter(({ fact }) => fact.modifiedAt < profile.history.startAt);
  for (const { fact } of early) sendRow(world, fact);
}

/** Sends a row to its order without the feed. */
export function sendRow({ clients, scheduler }: World, fact: OrderFact): void {
  const { channel, createdAt, ...rest } = fact;
  const idOf = (kind: string) => (channel?.kind === kind ? channel.id : null);
  const ids = { relationId: idOf('relation'), specialId: idOf('special'), adzoneId: idOf('adzone') };
  const item = { itemId: 'i1', itemTitle: '商品', itemImageUrl: '' };
  const hash = `sent-${fact.tradeId}-${fact.status}`;
  const row = { ...rest, ...item, ...ids, parentId: fact.tradeId, createdAt, paidAt: createdAt, refunded: false, hash };
  const event = { type: 'row', row, owner: null };
  clients.schedule(scheduler.now, () => clients.ask(toAddress('order', fact.tradeId), event, `row:${hash}`, 'feed'));
}

function scheduleWithdrawals({ clients, profile, random: seed, scheduler }: World): void {
  const { users, withdrawalCount, history } = profile;
  for (let index = 0; index < withdrawalCount; index += 1) {
    const random = seed.fork(`withdrawal ${index}`);
    const userId = random.pick(users);
    const key = `k${index}`;
    const at = START + random.between(0, history.spanMs);
    clients.schedule(at, async () => {
      const amountFen = await chooseAmount(clients, userId, random);
      if (amountFen === undefined) return;
      const id = await clients.withdraw(userId, key, amountFen);
      // The same request once more, through whichever node.
      if (random.chance(0.3)) await clients.withdraw(userId, key, amountFen);
      if (!random.chance(0.25)) return;
      await scheduler.sleep(random.pick([0, random.between(0, 3_000)]));
      await clients.cancel(userId, id);
    });
  }
}

/** Mostly what there is, after some waiting for it; now and then more. Undefined for a user who gives up. */
async function chooseAmount(clients: Clients, userId: string, random: Random): Promise<number | undefined> {
  if (random.chance(0.15)) return random.between(100, 20_000);
  for (let looks = 0; looks < 12; looks += 1) {
    const found = await clients.atDoor((runtime) => runtime.inspect(toAddress('balance', userId)));
    const available = Number(found?.snapshot.context['available'] ?? 0);
    if (available >= 100) return Math.max(100, Math.floor(available * random.pick([1, 0.4, 0.2, 0.1, 0.05])));
    await clients.pause(random.between(500, 3_000));
  }
  return random.chance(0.2) ? 100 : undefined;
}

function scheduleStaff({ clients, profile, random: seed, taobao }: World): void {
  const random = seed.fork('staff');
  for (let at = START + 3_000; at < START + profile.safetyMs; at += random.between(3_000, 12_000)) {
    clients.schedule(at, () => clients.reviewAll(false));
  }
  if (random.chance(0.3)) {
    const userId = random.pick(profile.users);
    const at = START + random.between(0, profile.safetyMs);
    clients.schedule(at, () => clients.flag(userId, 'freeze'));
    clients.schedule(at + random.between(0, 5_000), () => clients.flag(userId, 'unfreeze'));
  }
  const orphans = taobao.orders.filter(({ fact }) => fact.channel === null);
  if (orphans.length > 0 && random.chance(0.5)) {
    const { shownAt, fact } = random.pick(orphans);
    clients.schedule(shownAt + random.between(0, 20_000), () =>
      clients.claim(fact.tradeId, random.pick(profile.users)),
    );
  }
}

/** Crashes and stand-stills out of the blue; now and then of the whole fleet. */
function scheduleUpheavals({ profile, random: seed, scheduler, nodes }: World): void {
  const random = seed.fork('upheavals');
  const { upheavalMs, safetyMs, nightMs, faults } = profile;
  if (nightMs > 0) {
    scheduler.at(START + random.between(0, safetyMs), () => {
      for (const node of nodes) node.crash({ downMs: nightMs });
    });
  }
  if (upheavalMs === 0) return;
  for (let at = START; at < START + safetyMs; at += random.between(upheavalMs / 2, upheavalMs * 2)) {
    const hit = random.chance(0.15) ? nodes : [random.pick(nodes)];
    const pauseMs = random.chance(0.5) ? random.between(1, faults.maxPauseMs) : 0;
    scheduler.at(at, () => {
      for (const node of hit) {
        if (pauseMs > 0) node.pause(pauseMs);
        else if (node.runtime !== undefined) node.crash();
      }
    });
  }
}
