import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/actors/record.ts';
import { createJobMachine, type JobContext, jobListing } from '../../src/machines/job.ts';
import { MachineDriver } from '../support/machine-driver.ts';

const create = {
  type: 'create',
  of: 'withdrawal',
  ids: ['a', 'b', 'c'],
  event: { type: 'requery', by: 'ann', reason: 'alipay is back' },
  by: 'ann',
  reason: 'alipay is back',
  ticket: null,
  amountFen: 3_000,
  perSecond: 2,
  approval: null as string | null,
};

function made(more: object = {}): MachineDriver<JobContext> {
  const driver = new MachineDriver<JobContext>({ type: 'job', machine: createJobMachine(), list: jobListing }, 'j1');
  driver.send({ ...create, ...more });
  return driver;
}

const say = (type: string) => ({ type, by: 'ann', reason: 'because of this' });

/** Message ids and targets of the batch that is out. */
function batchOf(job: MachineDriver<JobContext>) {
  return (job.openCall('items')?.input['items'] ?? []) as unknown as { n: number; id: string; to: string }[];
}

function answer(job: MachineDriver<JobContext>, results: JsonObject[]): void {
  job.answer('items', { kind: 'ok', output: { results } });
}

const done = (n: number) => ({ n, outcome: 'done', seq: 5 });

test('a job does so many items a second, each under its own id, and ends when every outcome is known', () => {
  const job = made();
  expect(batchOf(job)).toEqual([
    { n: 0, to: 'withdrawal/a', id: 'job/j1:0' },
    { n: 1, to: 'withdrawal/b', id: 'job/j1:1' },
  ]);
  answer(job, [done(0), { n: 1, outcome: 'refused', seq: 4, code: 'WITHDRAWAL_NOT_QUERYABLE' }]);
  expect(job.state).toBe('running.resting');
  job.advance(1_000);
  expect(batchOf(job).map(({ n }) => n)).toEqual([2]);
  answer(job, [done(2)]);
  expect(job.state).toBe('done');
  expect(job.listing.view).toMatchObject({ count: 3, doneCount: 3, refusedCount: 1 });
  expect(job.waiting).toEqual([]);
});

test('an item whose outcome did not come is asked for again under the same id', () => {
  const job = made({ perSecond: 3 });
  answer(job, [done(0), done(2)]);
  job.advance(1_000);
  expect(batchOf(job)).toEqual([{ n: 1, to: 'withdrawal/b', id: 'job/j1:1' }]);
});

test('a paused job sends nothing until it is resumed, and keeps what comes in meanwhile', () => {
  const job = made();
  const out = job.openCall('items')!;
  job.send(say('pause'));
  expect([job.state, job.waiting]).toEqual(['paused', []]);
  job.answerAttempt(out, { kind: 'ok', output: { results: [done(0), done(1)] } });
  expect(job.listing.view).toMatchObject({ doneCount: 2 });
  job.send(say('resume'));
  expect(batchOf(job).map(({ n }) => n)).toEqual([2]);
});

test.each(['running.sending', 'running.resting', 'paused', 'awaiting'])('a job in %s can be canceled', (state) => {
  const job = made({ approval: state === 'awaiting' ? 'ap1' : null });
  if (state === 'running.resting') answer(job, [done(0), done(1)]);
  if (state === 'paused') job.send(say('pause'));
  expect(job.state).toBe(state);
  job.send(say('cancel'));
  expect([job.state, job.waiting]).toEqual(['canceled', []]);
  expect(job.context.endedAt).toBe(job.now);
});

test('one that needs a second person sends nothing before, and passes the name on', () => {
  const job = made({ approval: 'ap1' });
  expect([job.state, job.attempts]).toEqual(['awaiting', []]);
  expect(job.send({ type: 'start', by: 'ann', approvedBy: 'ann' })).toMatchObject({
    outcome: 'refused',
    reason: { code: 'APPROVAL_SAME_PERSON' },
  });
  job.send({ type: 'start', by: 'ann', approvedBy: 'bo' });
  expect(job.openCall('items')?.input['event']).toMatchObject({ type: 'requery', by: 'ann', approvedBy: 'bo' });
});

test('one that is not agreed to does nothing', () => {
  const job = made({ approval: 'ap1' });
  job.send({ type: 'reject', by: 'bo' });
  expect([job.state, job.attempts]).toEqual(['rejected', []]);
  expect(job.send({ type: 'start', by: 'ann', approvedBy: 'bo' }).outcome).toBe('ignored');
});
