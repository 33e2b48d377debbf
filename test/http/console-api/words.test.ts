import { describe, expect, it } from 'vitest';
import { getInitialSnapshot } from 'xstate';
import type { JsonObject } from '../../../src/actors/record.ts';
import { toFields } from '../../../src/http/console-api/fields.ts';
import { typeTitle } from '../../../src/http/console-api/machine-words.ts';
import { catalog } from '../support/served.ts';

describe.each(catalog)('$type', ({ type, machine }) => {
  it('has a title, and a label in both languages for each field of a new one', () => {
    const { context } = getInitialSnapshot(machine, { id: '1', at: 0 });
    const unlabelled = toFields(type, context as JsonObject).filter(({ path, label }) => label.zh === path);
    expect(unlabelled.map(({ path }) => path)).toEqual([]);
    expect(typeTitle(type).zh).not.toBe(type);
  });
});
