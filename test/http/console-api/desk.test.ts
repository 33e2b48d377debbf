/**
 * What a member of staff keeps at hand: what they follow, their views, and the notes that name them.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Browser, type Console, serveConsole } from '../support/console-served.ts';

let server: Console;
let lin: Browser;
let wang: Browser;

beforeEach(async () => {
  server = await serveConsole();
  lin = await server.signIn('viewer', 'lin');
  wang = await server.signIn('operator', 'wang');
  for (const user of ['u1', 'u2']) {
    await server.tell(`member/${user}`, { type: 'channelBound', channel: 'relation-1', by: 'x' });
  }
});

afterEach(() => server.close());

let keys = 0;
const note = (browser: Browser, text: string, path = '/actors/member/u1') => {
  keys += 1;
  return browser.post(`${path}/notes`, { text }, { 'idempotency-key': `n${keys}` });
};

describe('following', () => {
  it('is kept for the person, whichever device they sign in on, and shown with the state of now', async () => {
    await lin.post('/actors/member/u1/follow', {});
    await lin.post('/actors/member/u2/follow', {});
    const elsewhere = server.browser();
    await elsewhere.signIn('lin');
    expect((await elsewhere.get('/desk')).body.followed).toEqual(['member/u2', 'member/u1']);
    await server.tell('member/u1', { type: 'freeze', by: 'x', reason: 'y' });
    expect((await lin.get('/home')).body.followed).toMatchObject([
      { address: 'member/u2', state: 'active' },
      { address: 'member/u1', state: 'frozen' },
    ]);
    expect((await wang.get('/home')).body.followed).toEqual([]);
    const { body } = await lin.post('/actors/member/u2/unfollow', {});
    expect(body.followed).toEqual(['member/u1']);
  });

  it('is of what is there, and of what one may look at', async () => {
    expect((await lin.post('/actors/order/404/follow', {})).body.code).toBe('ACTOR_NOT_FOUND');
    expect((await lin.post('/actors/staff/wang/follow', {})).body.code).toBe('ROLE_REQUIRED');
    const admin = await server.signIn('admin');
    await admin.post('/actors/staff/wang/follow', {});
    expect((await admin.get('/home')).body.followed).toMatchObject([{ address: 'staff/wang' }]);
    await server.tell('staff/admin', { type: 'setRole', role: 'viewer', by: 'x', reason: 'y' });
    await admin.signIn('admin');
    expect((await admin.get('/desk')).body.followed).toEqual([]);
  });
});

describe('saved views', () => {
  it('are kept by name, and only paths of lists are', async () => {
    const view = { name: '我的审计', path: 'audit?by=lin&action=note' };
    expect((await lin.post('/desk/views', view)).body.views).toEqual([view]);
    expect((await lin.get('/desk')).body.views).toEqual([view]);
    for (const path of ['//evil.example', 'https://evil.example', 'settings', 'audit?by= x', '']) {
      expect((await lin.post('/desk/views', { name: 'x', path })).status, path).toBe(400);
    }
    expect((await lin.post('/desk/views/remove', { name: view.name })).body.views).toEqual([]);
  });
});

describe('a note', () => {
  it('tells the members of staff whom it names, until they open what it is about', async () => {
    const { body } = await note(lin, 'please look, @wang. (@nobody, lin@wang, @lin)');
    expect(body.mentions).toEqual(['wang', 'lin']);
    expect((await wang.get('/desk')).body.mentions).toMatchObject([{ about: 'member/u1', by: 'lin', note: body.id }]);
    expect((await lin.get('/desk')).body.mentions).toEqual([]);
    expect((await wang.get('/actors/member/u1/notes')).body.data).toMatchObject([{ mentions: ['wang', 'lin'] }]);
    const seen = await wang.post('/desk/mentions/seen', { about: 'member/u1' });
    expect(seen.body.mentions).toEqual([]);
  });

  it('sent again under its key names the same people, once, whoever has left meanwhile', async () => {
    const send = () => lin.post('/actors/member/u1/notes', { text: '@wang' }, { 'idempotency-key': 'same' });
    const first = await send();
    await server.tell('staff/wang', { type: 'disable', by: 'x', reason: 'y' });
    expect((await send()).body).toEqual(first.body);
    const desk = await server.runtime.inspect('desk/wang');
    expect(desk?.snapshot.context['mentions']).toHaveLength(1);
    expect((await note(lin, '@wang')).body.mentions).toEqual([]);
  });

  it('can name those whom the list of colleagues has', async () => {
    const admin = await server.signIn('admin');
    await admin.post('/users/wang/disable', { reason: 'has left' });
    expect((await lin.get('/colleagues')).body.data).toEqual([
      { name: 'admin', role: 'admin' },
      { name: 'lin', role: 'viewer' },
    ]);
  });
});
