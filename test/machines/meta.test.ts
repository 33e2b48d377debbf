import { describe, expect, test } from 'vitest';
import { nodesOf, Registry } from '../../src/actors/registry.ts';
import { createCatalog } from '../../src/machines/catalog.ts';
import { defaultRules } from '../../src/machines/rules.ts';
import { findMissingWords } from '../support/machine-words.ts';

const catalog = createCatalog(defaultRules);

test('the catalog holds every machine of the house once, each under its own name', () => {
  expect(catalog.every(({ type, machine }) => type === machine.id)).toBe(true);
  expect(new Set(catalog.map(({ type }) => type)).size).toBe(catalog.length);
});

test('the registry takes them all', () => {
  expect(new Registry(catalog).all().map(({ version }) => version.replace(/@.*/, ''))).toHaveLength(catalog.length);
});

test('rules do not change the version of a machine', () => {
  const versions = (rules: typeof defaultRules) =>
    new Registry(createCatalog(rules)).all().map(({ version }) => version);
  const others = {
    ...defaultRules,
    withdrawMinFen: 7,
    payoutTimeoutMs: 1,
    release: { kind: 'monthly', day: 21 } as const,
  };
  expect(versions(others)).toEqual(versions(defaultRules));
});

describe.each(catalog)('$type', (entry) => {
  test('has a title and help in both languages for every state and event', () => {
    expect(findMissingWords(entry)).toEqual([]);
  });
});

test('support knows what the customer sees and what to answer, wherever an actor can rest', () => {
  const ofCustomers = ['order', 'channel', 'balance', 'withdrawal', 'feed', 'member'];
  const speechless = catalog
    .filter(({ type }) => ofCustomers.includes(type))
    .flatMap(({ machine }) => nodesOf(machine.root))
    .filter(({ type, always }) => type === 'atomic' && !always?.some(({ guard }) => guard === undefined))
    .filter(({ meta }) => meta.customer === undefined || meta.answer === undefined);
  // An order that has its user is spoken for by its trade.
  expect(speechless.map(({ id }) => id)).toEqual(['order.attribution.attributed']);
});

test('a missing, empty or left-over word is found', () => {
  const [entry] = catalog as [(typeof catalog)[number]];
  const { events } = entry;
  const [first = ''] = Object.keys(events);
  const { [first]: words, ...rest } = events;
  expect(findMissingWords({ ...entry, events: rest })).toEqual([`event ${first}: no words at all`]);
  expect(findMissingWords({ ...entry, events: { ...events, gone: words! } })).toEqual([
    'event gone: no state takes it',
  ]);
  const empty = { ...words!, title: { ...words!.title, zh: '' } };
  expect(findMissingWords({ ...entry, events: { ...rest, [first]: empty } })).toHaveLength(1);
  const { hasUser: _, ...guards } = entry.guards ?? {};
  expect(findMissingWords({ ...entry, guards })).toHaveLength(2);
  const gone = { zh: '没有', en: 'gone' };
  expect(findMissingWords({ ...entry, delays: { ...entry.delays, gone } })).toEqual(['delay gone: nothing uses it']);
});
