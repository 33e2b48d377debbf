import { describe, expect, it } from 'vitest';
import { toAddress } from '../../src/actors/address.ts';
import { Operations } from '../../src/actors/operations.ts';
import { rebuildProjections } from '../../src/actors/rebuild.ts';
import type { ActorEvent } from '../../src/actors/record.ts';
import { counters, createWorld, startNode } from '../support/actor-world.ts';

const A = toAddress('counter', 'a');
const B = toAddress('counter', 'b');

async function started() {
  const world = createWorld();
  const { clock, journal, projections } = world;
  const { runtime } = await startNode(world, { exclusive: true });
  const operations = new Operations({ journal, projections, clock, registry: runtime.registry });
  const send = (event: ActorEvent, id: string) => clock.until(runtime.send(A, event, { id, cause: 'test' }));
  return { ...world, runtime, operations, send };
}

describe('a preview', () => {
  it('is the turn that the same message then makes, and writes nothing', async () => {
    const { operations, runtime, send } = await started();
    await send({ type: 'add', by: 2 }, 'm1');
    const event = { type: 'pass', to: B, by: 3 };
    const seen = await operations.preview(A, event);
    expect(seen).toMatchObject({ seq: 1, message: { outcome: 'done' }, tells: [{ to: B, event: { by: 3 } }] });
    expect(await runtime.history(A, 0, 10)).toHaveLength(1);
    expect(await runtime.inspect(B)).toBeUndefined();
    const receipt = await send(event, 'm2');
    expect(receipt.snapshot).toEqual(seen.after);
    const [record] = await runtime.history(A, 1, 1);
    expect(record?.messages[0]?.edges).toEqual(seen.message.edges);
    expect(record?.tells).toEqual(seen.tells);
  });

  it('of an actor that does not exist begins it', async () => {
    const { operations } = await started();
    expect(await operations.preview(B, { type: 'add', by: 2 })).toMatchObject({
      seq: 0,
      before: undefined,
      after: { context: { count: 2 } },
    });
  });

  it.each([
    ['no', 'refused', { code: 'NOT_ALLOWED' }],
    ['boom', 'parked', { code: 'STEP_FAILED' }],
    ['stop', 'ignored', undefined],
  ])('says what %s would come to', async (type, outcome, reason) => {
    const { operations } = await started();
    const { message } = await operations.preview(A, { type });
    expect(message.outcome).toBe(outcome);
    if (reason !== undefined) expect(message.reason).toMatchObject(reason);
  });

  it('takes no message that nobody may send', async () => {
    const { operations } = await started();
    await expect(operations.preview(A, { type: '@due' })).rejects.toMatchObject({ code: 'EVENT_INVALID' });
    await expect(operations.preview(toAddress('none', 'a'), { type: 'add' })).rejects.toMatchObject({
      code: 'MACHINE_UNKNOWN',
    });
  });

  it('leaves an actor of another version to those who know it', async () => {
    const { operations, journal, send } = await started();
    await send({ type: 'add' }, 'm1');
    const last = await journal.last(A);
    await journal.append([{ ...last!, seq: 2, machine: 'counter@older', messages: [] }]);
    await expect(operations.preview(A, { type: 'add' })).rejects.toMatchObject({ code: 'MACHINE_VERSION_UNKNOWN' });
  });
});

it('a message is found where it was taken, by its id', async () => {
  const { operations, send } = await started();
  await send({ type: 'add' }, 'm1');
  await send({ type: 'no' }, 'm2');
  expect(await operations.find(A, 'm2')).toMatchObject({
    seq: 2,
    outcome: 'refused',
    message: { event: { type: 'no' } },
    record: { seq: 2 },
  });
  expect(await operations.find(A, 'm3')).toBeUndefined();
  expect(await operations.find(B, 'm1')).toBeUndefined();
});

it('parked messages of all actors are listed, newest first, and again after a rebuild', async () => {
  const { clock, operations, projections, journal, runtime, send } = await started();
  await send({ type: 'add' }, 'm1');
  await send({ type: 'boom' }, 'm2');
  await clock.advance(1_000);
  await clock.until(runtime.send(B, { type: 'boom' }, { id: 'm3', cause: 'test' }));
  await clock.advance(1_000);
  const parked = await operations.parked(10);
  expect(parked.map(({ actor, data }) => [actor, data['message'], data['event'], data['code']])).toEqual([
    [B, 'm3', 'boom', 'STEP_FAILED'],
    [A, 'm2', 'boom', 'STEP_FAILED'],
  ]);
  expect(await operations.parkedMessage(parked[1]!.id)).toEqual({ address: A, messageId: 'm2' });
  for (const id of [`${A}#1.1`, `${A}#9.1025`, 'nonsense']) expect(await operations.parkedMessage(id)).toBeUndefined();
  await projections.clear();
  await clock.until(rebuildProjections({ journal, projections }, counters()));
  expect(await operations.parked(10)).toEqual(parked);
});

it('what is due is listed ahead of time, the earliest first', async () => {
  const { clock, operations, runtime, send } = await started();
  await send({ type: 'wait', inMs: 90_000 }, 'm1');
  await clock.until(runtime.send(B, { type: 'wait', inMs: 60_000 }, { id: 'm1', cause: 'test' }));
  await clock.advance(1_000);
  expect((await operations.due(clock.now() + 120_000, 10)).map(({ actor }) => actor)).toEqual([B, A]);
  expect(await operations.due(clock.now(), 10)).toEqual([]);
});
