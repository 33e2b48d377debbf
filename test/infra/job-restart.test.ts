import { expect, it } from 'vitest';
import { toAddress } from '../../src/actors/address.ts';
import { ActorError } from '../../src/actors/errors.ts';
import type { ActorEvent, JournalRecord } from '../../src/actors/record.ts';
import type { ActorDefinition } from '../../src/actors/registry.ts';
import type { Runtime } from '../../src/actors/runtime.ts';
import { createSendEvents } from '../../src/infra/send-events.ts';
import { createJobMachine, jobListing } from '../../src/machines/job.ts';
import { counters, createWorld, startNode, type World } from '../support/actor-world.ts';

const IDS = ['a', 'b', 'c', 'd', 'e'];
const JOB = toAddress('job', 'j1');
const definitions: ActorDefinition[] = [...counters(), { type: 'job', machine: createJobMachine(), list: jobListing }];

const create: ActorEvent = {
  type: 'create',
  of: 'counter',
  ids: IDS,
  event: { type: 'add', by: 1 },
  by: 'ann',
  reason: 'a test',
  ticket: null,
  amountFen: null,
  perSecond: 2,
  approval: null,
};

async function startedNode(world: World) {
  const node = await startNode(world, { exclusive: true }, definitions);
  node.runtime.provideActivity('sendEvents', createSendEvents({ actors: node.runtime }));
  const send = (to: string, event: ActorEvent, id: string) =>
    world.clock.until(node.runtime.send(to as `${string}/${string}`, event, { id, cause: 'test', repeatable: true }));
  const runBatch = () => world.clock.until(node.queue.runNext());
  return { ...node, send, runBatch };
}

const addsIn = (records: readonly JournalRecord[]) =>
  records
    .flatMap(({ messages }) => messages)
    .filter(({ event, outcome }) => event.type === 'add' && outcome === 'done');

async function countOf(runtime: Runtime, id: string): Promise<number> {
  return addsIn(await runtime.history(toAddress('counter', id), 0, 100)).length;
}

it('a job that is killed halfway through a batch goes on after the restart and does each item once', async () => {
  const world = createWorld();
  const first = await startedNode(world);
  for (const id of IDS) await first.send(`counter/${id}`, { type: 'wait' }, `make-${id}`);
  await first.send(JOB, create, 'create');
  await first.runBatch();
  await world.clock.advance(1_500);
  expect(first.queue.attempts.map(({ activity }) => activity)).toEqual(['sendEvents']);
  // The second batch had reached one of its two actors when the process died.
  await first.send('counter/c', { type: 'add', by: 1 }, 'job/j1:2');
  await world.clock.until(first.runtime.stop(0));

  const second = await startedNode(world);
  for (let rounds = 0; rounds < 10; rounds += 1) {
    await world.clock.advance(60_000);
    while (second.queue.attempts.length > 0) await second.runBatch();
  }
  const job = await second.runtime.inspect(JOB);
  expect(job?.state).toBe('done');
  expect(job?.snapshot.context['results']).toEqual(IDS.map(() => ({ outcome: 'done', seq: expect.any(Number) })));
  for (const id of IDS) expect([id, await countOf(second.runtime, id)]).toEqual([id, 1]);
  await world.clock.until(second.runtime.stop(0));
});

it('an item that cannot be sent just now leaves its batch open, one that does not exist is said to be missing', async () => {
  const send = createSendEvents({
    actors: {
      send: async (to) => {
        throw new ActorError(to === 'counter/gone' ? 'ACTOR_NOT_FOUND' : 'STORE_UNAVAILABLE', to);
      },
    },
  });
  const attempt = { id: 'x', number: 1, sendBy: 0, actor: JOB };
  const input = (to: string) => ({ event: { type: 'add' }, cause: 'job/j1', items: [{ n: 0, to, id: 'job/j1:0' }] });
  expect(await send(input('counter/gone'), attempt)).toMatchObject({
    kind: 'ok',
    output: { results: [{ n: 0, outcome: 'missing' }] },
  });
  expect(await send(input('counter/a'), attempt)).toMatchObject({ kind: 'unknown' });
});
