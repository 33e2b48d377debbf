import { expect, test } from 'vitest';
import {
  createDeskMachine,
  type DeskContext,
  deskListing,
  FOLLOWED_LIMIT,
  VIEWS_LIMIT,
} from '../../src/machines/desk.ts';
import { createNotesMachine, notesListing } from '../../src/machines/notes.ts';
import { MachineDriver } from '../support/machine-driver.ts';

const newDesk = () =>
  new MachineDriver<DeskContext>({ type: 'desk', machine: createDeskMachine(), list: deskListing }, 'lin');

test('follows what was asked for last first, each once, and lets it go', () => {
  const desk = newDesk();
  for (const address of ['order/1', 'order/2', 'order/1']) {
    expect(desk.send({ type: 'follow', address }).outcome).toBe('done');
  }
  expect(desk.context.followed).toEqual(['order/2', 'order/1']);
  desk.send({ type: 'unfollow', address: 'order/2' });
  expect(desk.send({ type: 'unfollow', address: 'order/2' }).outcome).toBe('done');
  expect(desk.context.followed).toEqual(['order/1']);
});

test('follows so many and says when that is enough', () => {
  const desk = newDesk();
  for (let n = 0; n < FOLLOWED_LIMIT; n += 1) desk.send({ type: 'follow', address: `order/${n}` });
  expect(desk.send({ type: 'follow', address: 'order/more' })).toMatchObject({
    outcome: 'refused',
    reason: { code: 'FOLLOWING_FULL' },
  });
  expect(desk.send({ type: 'follow', address: 'order/1' }).outcome).toBe('done');
  expect(desk.listing.view).toMatchObject({ followedCount: FOLLOWED_LIMIT });
});

test('a view saved again under its name is another list', () => {
  const desk = newDesk();
  for (let n = 0; n < VIEWS_LIMIT; n += 1) desk.send({ type: 'saveView', name: `v${n}`, path: 'audit?by=lin' });
  expect(desk.send({ type: 'saveView', name: 'more', path: 'audit' })).toMatchObject({
    reason: { code: 'VIEWS_FULL' },
  });
  expect(desk.send({ type: 'saveView', name: 'v3', path: 'search?q=1' }).outcome).toBe('done');
  expect(desk.context.views.at(-1)).toEqual({ name: 'v3', path: 'search?q=1' });
  desk.send({ type: 'removeView', name: 'v3' });
  expect(desk.context.views).toHaveLength(VIEWS_LIMIT - 1);
});

test('mentions are unread until what they are about is opened', () => {
  const desk = newDesk();
  const mention = { type: 'mention', about: 'order/1', by: 'wang' };
  desk.send({ ...mention, note: 'n1' });
  desk.send({ ...mention, note: 'n2' });
  desk.send({ ...mention, about: 'order/2', note: 'n3' });
  desk.send({ type: 'seen', about: 'order/1' });
  expect(desk.context.mentions).toMatchObject([{ note: 'n3', about: 'order/2', by: 'wang' }]);
  for (let n = 0; n < 200; n += 1) desk.send({ ...mention, note: `m${n}` });
  expect(desk.context.mentions).toHaveLength(100);
});

test('a note tells those it names, but not who wrote it', () => {
  const notes = new MachineDriver({ type: 'notes', machine: createNotesMachine(), list: notesListing }, 'n');
  const note = { type: 'add', about: 'order/1', by: 'lin', text: '@wang @lin', ticket: null, edits: null };
  notes.send({ ...note, mentions: ['wang', 'lin'] }, { id: 'note-1' });
  expect(notes.tells).toMatchObject([
    { to: 'desk/wang', event: { type: 'mention', about: 'order/1', by: 'lin', note: 'note-1' } },
  ]);
  expect(notes.send(note).outcome).toBe('done');
});
