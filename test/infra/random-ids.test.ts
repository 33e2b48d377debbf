import { describe, expect, it } from 'vitest';
import { RandomIds } from '../../src/infra/random-ids.ts';

describe('RandomIds', () => {
  it('makes ids of URL-safe characters that differ', () => {
    const ids = new RandomIds();
    const made = Array.from({ length: 10_000 }, () => ids.random());
    for (const id of made) expect(id).toMatch(/^[A-Za-z0-9_-]{16,}$/);
    expect(new Set(made).size).toBe(made.length);
  });

  it('draws fractions from 0 up to but not 1', () => {
    const ids = new RandomIds();
    const drawn = Array.from({ length: 10_000 }, () => ids.fraction());
    expect(Math.min(...drawn)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...drawn)).toBeLessThan(1);
    expect(Math.max(...drawn) - Math.min(...drawn)).toBeGreaterThan(0.9);
  });
});
