import { expect, test } from 'vitest';
import {
  createIncidentMachine,
  type IncidentContext,
  incidentListing,
  TREND_STEP_MS,
  TREND_STEPS,
} from '../../src/machines/incident.ts';
import { MachineDriver } from '../support/machine-driver.ts';

const group = { type: 'withdrawal', state: 'review', cause: 'overdue', errorClass: null, dependency: null };
const counted = (count: number) => ({ type: 'counted', group, count });

const found = () =>
  new MachineDriver<IncidentContext>(
    { type: 'incident', machine: createIncidentMachine(), list: incidentListing },
    'in_1',
  );

test('keeps the most of each half hour, of one day', () => {
  const incident = found();
  const start = incident.now - (incident.now % TREND_STEP_MS);
  incident.now = start;
  for (const count of [2, 5, 3]) incident.send(counted(count));
  expect(incident.context.counts).toEqual([{ at: start, count: 5 }]);
  for (let n = 0; n < TREND_STEPS; n += 1) {
    incident.now += TREND_STEP_MS;
    incident.send(counted(1));
  }
  expect(incident.context.counts).toHaveLength(TREND_STEPS);
  expect(incident.context.counts[0]).toEqual({ at: start + TREND_STEP_MS, count: 1 });
});

test('closes by itself when none is left, and opens again as nobody’s', () => {
  const incident = found();
  incident.send(counted(2));
  incident.send({ type: 'acknowledge', group, by: 'lin', reason: 'I look at it' });
  incident.send(counted(3));
  expect([incident.state, incident.context.owner]).toEqual(['acknowledged', 'lin']);
  incident.send(counted(0));
  expect([incident.state, incident.context.clearedAt]).toEqual(['cleared', incident.now]);
  const closedAt = incident.now;
  incident.now += 1_000;
  incident.send(counted(0));
  expect(incident.context.clearedAt).toBe(closedAt);
  incident.send(counted(1));
  expect([incident.state, incident.context.owner, incident.context.clearedAt]).toEqual(['open', null, null]);
});

test('is snoozed for its time, however often it is counted', () => {
  const incident = found();
  incident.send({ type: 'snooze', group, by: 'lin', reason: 'later', until: incident.now + 60_000 });
  incident.send(counted(2));
  expect(incident.state).toBe('snoozed');
  incident.advance(60_000);
  expect(incident.state).toBe('open');
});
