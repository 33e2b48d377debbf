import { describe, expect, test } from 'vitest';
import { Registry } from '../../src/actors/registry.ts';
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

test('a missing, empty or left-over word is found', () => {
  const [{ machine, events }] = catalog as [(typeof catalog)[number]];
  const [first = ''] = Object.keys(events);
  const { [first]: words, ...rest } = events;
  expect(findMissingWords({ machine, events: rest })).toEqual([`event ${first}: no words at all`]);
  expect(findMissingWords({ machine, events: { ...events, gone: words! } })).toEqual(['event gone: no state takes it']);
  const empty = { ...words!, title: { ...words!.title, zh: '' } };
  expect(findMissingWords({ machine, events: { ...rest, [first]: empty } })).toHaveLength(1);
});
