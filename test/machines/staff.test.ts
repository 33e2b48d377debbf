import { expect, test } from 'vitest';
import { createStaffMachine, type StaffContext, staffListing } from '../../src/machines/staff.ts';
import { MachineDriver } from '../support/machine-driver.ts';

function newUser(): MachineDriver<StaffContext> {
  const user = new MachineDriver<StaffContext>(
    { type: 'staff', machine: createStaffMachine(), list: staffListing },
    'lin',
  );
  user.send({ type: 'add', role: 'operator', passwordHash: 'h1', isDemo: false, by: 'admin', reason: 'new' });
  return user;
}

const because = { by: 'admin', reason: 'because' };

test('is made once', () => {
  const user = newUser();
  expect([user.state, user.context.role, user.context.createdBy]).toEqual(['active', 'operator', 'admin']);
  const again = { type: 'add', role: 'admin', passwordHash: 'h2', isDemo: false, ...because };
  expect(user.send(again)).toMatchObject({ outcome: 'refused', reason: { code: 'STAFF_EXISTS' } });
  expect(user.context.role).toBe('operator');
});

test('has no hash in its list row', () => {
  expect(JSON.stringify(newUser().listing)).not.toContain('h1');
});

test.each([
  ['another role', { type: 'setRole', role: 'viewer' }],
  ['another password', { type: 'setPassword', passwordHash: 'h2' }],
  ['a disabling', { type: 'disable' }],
])('%s begins a new generation, so every session of before is over', (_, event) => {
  const user = newUser();
  user.send({ ...event, ...because });
  expect(user.context.generation).toBe(2);
});

test('the same role once more ends nobody’s session', () => {
  const user = newUser();
  user.send({ type: 'setRole', role: 'operator', ...because });
  expect(user.context.generation).toBe(1);
});

test('sessions signed out are kept until they would have ended anyway', () => {
  const user = newUser();
  user.send({ type: 'signedOut', session: 's1', until: user.now + 1_000 });
  user.send({ type: 'signedOut', session: 's2', until: user.now + 9_000 });
  expect(user.context.ended.map(({ session }) => session)).toEqual(['s1', 's2']);
  user.now += 1_000;
  user.send({ type: 'signedOut', session: 's3', until: user.now + 9_000 });
  expect(user.context.ended.map(({ session }) => session)).toEqual(['s2', 's3']);
});

test('too many sessions signed out at once end all of them', () => {
  const user = newUser();
  for (let n = 0; n < 51; n++) user.send({ type: 'signedOut', session: `s${n}`, until: user.now + 1_000 });
  expect([user.context.generation, user.context.ended]).toEqual([2, []]);
});

test('disabled it takes no sign-in; enabled it is active again', () => {
  const user = newUser();
  user.send({ type: 'disable', ...because });
  expect(user.send({ type: 'signedIn' })).toMatchObject({ outcome: 'refused', reason: { code: 'STAFF_DISABLED' } });
  user.send({ type: 'enable', ...because });
  user.send({ type: 'signedIn' });
  expect([user.state, user.context.lastSignInAt]).toEqual(['active', user.now]);
});
