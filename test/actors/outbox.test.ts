import { expect, it } from 'vitest';
import { toAddress } from '../../src/actors/address.ts';
import { Outbox } from '../../src/actors/outbox.ts';
import type { Projections, UndeliveredTell } from '../../src/actors/ports.ts';
import { Telemetry } from '../../src/actors/telemetry.ts';
import { MemoryProjections } from '../support/memory-projections.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const from = toAddress('counter', 'a');
const tell = { id: `${from}#1.1`, to: toAddress('counter', 'b'), event: { type: 'add' } };
const log = { debug() {}, info() {}, warn() {}, error() {} };

/** An outbox whose target answers when the test says so. */
function createOutbox(change: Partial<Projections> = {}) {
  const clock = new VirtualClock();
  const projections = Object.assign(new MemoryProjections(() => clock.now()), change);
  const { promise, resolve: accept } = Promise.withResolvers<void>();
  const outbox = new Outbox({ projections, clock, log, telemetry: new Telemetry(), put: () => promise });
  return { clock, projections, outbox, accept };
}

it('[J7] says once that a tell is accepted when that happens while it is being stored', async () => {
  const { promise: storing, resolve: store } = Promise.withResolvers<void>();
  const removed: string[] = [];
  const { clock, outbox, accept } = createOutbox({
    addUndelivered: () => storing,
    removeUndelivered: async (ids) => {
      removed.push(...ids);
    },
  });
  let acceptedCount = 0;
  outbox.deliver(from, tell, { repeatable: false }, () => {
    acceptedCount += 1;
  });
  await clock.advance(5_000);
  const stored = outbox.storeLate();
  accept();
  await clock.advance(1);
  store();
  await stored;
  expect(acceptedCount).toBe(1);
  expect(removed).toEqual([tell.id]);
});

it('[J7] takes a tell that stands in the undelivered list for accepted when it is to be delivered again', async () => {
  const { clock, projections, outbox } = createOutbox();
  const waiting: UndeliveredTell = { ...tell, from, since: clock.now(), nextAt: clock.now(), attempts: 0 };
  await projections.addUndelivered([waiting]);
  await outbox.retryStored(10);
  let isAccepted = false;
  outbox.deliver(from, tell, { repeatable: true }, () => {
    isAccepted = true;
  });
  expect(isAccepted).toBe(true);
});
