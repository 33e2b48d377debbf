/**
 * What users and staff do in a run, and the upheavals that no port call causes: drawn from the seed.
 */
import { toAddress } from '../../src/actors/address.ts';
import { START } from './profile.ts';
import type { World } from './world.ts';

/** Schedules a whole run's worth of work. */
export function scheduleWorkload(world: World): void {
  startFeeds(world);
  bindChannels(world);
  scheduleWithdrawals(world);
  scheduleStaff(world);
  scheduleUpheavals(world);
}

export function startFeeds({ clients, profile, scheduler }: World): void {
  for (const feed of [...profile.feeds, 'nightly']) {
    clients.schedule(scheduler.now, () =>
      clients.ask(toAddress('feed', feed), { type: 'start', from: profile.rules.orderStart }, 'start', 'runtime'),
    );
  }
}

function bindChannels({ clients, profile, random: seed }: World): void {
  const random = seed.fork('bindings');
  for (const channel of profile.history.channels) {
    if (random.chance(0.1)) continue;
    const userId = random.pick(profile.users);
    const at = START + (random.chance(0.5) ? 0 : random.between(0, profile.safetyMs));
    clients.schedule(at, () => clients.bind(channel, userId));
    // A second staff member may bind the same channel to another user: one of them is refused.
    if (random.chance(0.2)) clients.schedule(at, () => clients.bind(channel, random.pick(profile.users)));
  }
}

function scheduleWithdrawals({ clients, profile, random: seed, scheduler }: World): void {
  const random = seed.fork('withdrawals');
  for (let index = 0; index < profile.withdrawalCount; index += 1) {
    const userId = random.pick(profile.users);
    const key = `k${index}`;
    const amountFen = random.pick([
      random.between(100, 400),
      random.between(400, 3_000),
      random.between(3_000, 20_000),
    ]);
    const at = START + random.between(0, profile.safetyMs);
    clients.schedule(at, async () => {
      const id = await clients.withdraw(userId, key, amountFen);
      if (!random.chance(0.3)) return;
      await scheduler.sleep(random.pick([0, random.between(0, 3_000)]));
      await clients.cancel(userId, id);
    });
    // The same request once more, through whichever node.
    if (random.chance(0.3))
      clients.schedule(at + random.between(0, 5_000), () => clients.withdraw(userId, key, amountFen));
  }
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
