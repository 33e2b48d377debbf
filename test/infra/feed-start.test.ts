import { describe, expect, it } from 'vitest';
import { ActorError } from '../../src/actors/errors.ts';
import type { ActorSystem } from '../../src/actors/facade.ts';
import { startFeed } from '../../src/infra/feed-start.ts';
import { listeningLog } from '../support/listening-log.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

type Send = ActorSystem['send'];

/** Sends that fail as often as said, and what was sent. */
function failing(times: number) {
  const sent: Parameters<Send>[] = [];
  const send = async (...message: Parameters<Send>) => {
    sent.push(message);
    if (sent.length <= times) throw new ActorError('STORE_UNAVAILABLE', 'no primary');
    return {} as Awaited<ReturnType<Send>>;
  };
  return { sent, actors: { send } };
}

describe('the start of a feed', () => {
  it('is sent again, as the same message, until the store is there', async () => {
    const [clock, log, signal] = [new VirtualClock(), listeningLog(), new AbortController().signal];
    const { sent, actors } = failing(3);
    await clock.until(startFeed('orders', 77, { actors, id: 'start:n1', clock, log, signal }));
    expect(sent).toHaveLength(4);
    const message = ['feed/orders', { type: 'start', from: 77 }, { id: 'start:n1', cause: 'main', repeatable: true }];
    for (const each of sent) expect(each).toEqual(message);
    expect(log.lines).toHaveLength(3);
  });

  it('is given up when the process leaves', async () => {
    const [clock, log, leaving] = [new VirtualClock(), listeningLog(), new AbortController()];
    const { sent, actors } = failing(Number.POSITIVE_INFINITY);
    const started = startFeed('orders', 77, { actors, id: 'start:n1', clock, log, signal: leaving.signal });
    await clock.advance(5_000);
    leaving.abort();
    await clock.until(started);
    const count = sent.length;
    await clock.advance(60_000);
    expect(sent).toHaveLength(count);
  });
});
