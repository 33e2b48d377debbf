import { describe, expect, it } from 'vitest';
import { createLinkMachine, type LinkContext, linkListing } from '../../src/machines/link.ts';
import { MachineDriver } from '../support/machine-driver.ts';

const TARGETS = { url: 'https://s.click.taobao.com/t?e=1', shortUrl: 'https://s.click.taobao.com/1', tpwd: '￥a￥' };

function newLink(): MachineDriver<LinkContext> {
  return new MachineDriver({ type: 'link', machine: createLinkMachine(), list: linkListing }, 'abc');
}

function make(link: MachineDriver<LinkContext>, change: object = {}) {
  const made = { owner: 'u1', channel: 'relation-7', itemId: 'i-1', title: '毛巾', targets: TARGETS };
  return link.send({ type: 'make', ...made, ...change });
}

describe('making', () => {
  it('gives the link its owner, channel, item and targets', () => {
    const link = newLink();
    expect(make(link).outcome).toBe('done');
    expect(link.context).toMatchObject({
      owner: 'u1',
      channel: 'relation-7',
      itemId: 'i-1',
      targets: TARGETS,
      clicks: 0,
    });
    expect(link.listing).toMatchObject({ owner: 'u1', status: 'active', view: { code: 'abc', clicks: 0 } });
  });

  it('again renews the targets and keeps the clicks and the time of creation', () => {
    const link = newLink();
    make(link);
    const { createdAt } = link.context;
    link.send({ type: 'clicked', count: 3 });
    link.now += 1_000;
    make(link, { targets: { ...TARGETS, shortUrl: 'https://s.click.taobao.com/2' } });
    expect(link.context).toMatchObject({ clicks: 3, createdAt, renewedAt: createdAt + 1_000 });
    expect(link.context.targets?.shortUrl).toBe('https://s.click.taobao.com/2');
  });

  it('is refused for another owner, channel or item', () => {
    const link = newLink();
    make(link);
    const before = link.stored;
    for (const change of [{ owner: 'u2' }, { channel: 'adzone-1' }, { itemId: 'i-2' }]) {
      expect(make(link, change)).toMatchObject({ outcome: 'refused', reason: { code: 'LINK_TAKEN' } });
    }
    expect(link.stored).toEqual(before);
  });
});

describe('clicks', () => {
  it('add up, and the same flush counts once', () => {
    const link = newLink();
    make(link);
    link.send({ type: 'clicked', count: 2 }, { id: 'clicks:n1:1' });
    link.send({ type: 'clicked', count: 2 }, { id: 'clicks:n1:1' });
    link.send({ type: 'clicked', count: 5 }, { id: 'clicks:n1:2' });
    expect(link.context).toMatchObject({ clicks: 7, lastClickAt: link.now });
  });

  it('of a code without a link, and counts that are none, are ignored', () => {
    const link = newLink();
    expect(link.send({ type: 'clicked', count: 2 }).outcome).toBe('ignored');
    make(link);
    for (const count of [0, -1, 1.5, '2']) expect(link.send({ type: 'clicked', count }).outcome).toBe('ignored');
    expect(link.context.clicks).toBe(0);
  });
});
