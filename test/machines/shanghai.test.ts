import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { DAY_MS, dayOfNextMonth, nextTimeOfDay, startOfDay } from '../../src/machines/shanghai.ts';

const at = (text: string) => Date.parse(text);

const zone = process.env['TZ'];

afterEach(() => {
  if (zone === undefined) delete process.env['TZ'];
  else process.env['TZ'] = zone;
});

describe.each(['UTC', 'Asia/Shanghai', 'America/New_York', 'Pacific/Apia', 'Europe/London'])('in zone %s', (name) => {
  it('cuts days at 00:00 +08:00', () => {
    process.env['TZ'] = name;
    expect(startOfDay(at('2026-03-08T15:59:59.999Z'))).toBe(at('2026-03-08T00:00:00+08:00'));
    expect(startOfDay(at('2026-03-08T16:00:00Z'))).toBe(at('2026-03-09T00:00:00+08:00'));
    expect(startOfDay(at('1988-07-01T00:00:00+08:00'))).toBe(at('1988-07-01T00:00:00+08:00'));
  });

  it.each([
    ['2026-01-05T10:00:00+08:00', '2026-02-21T00:00:00+08:00'],
    ['2026-01-31T23:59:59+08:00', '2026-02-21T00:00:00+08:00'],
    ['2026-01-31T16:00:00Z', '2026-03-21T00:00:00+08:00'],
    ['2026-12-31T23:59:59+08:00', '2027-01-21T00:00:00+08:00'],
    ['2026-12-31T16:00:00Z', '2027-02-21T00:00:00+08:00'],
    ['2028-02-29T12:00:00+08:00', '2028-03-21T00:00:00+08:00'],
    ['2026-11-30T00:00:00+08:00', '2026-12-21T00:00:00+08:00'],
  ])('releases what settled at %s at %s by monthly:21', (settled, released) => {
    process.env['TZ'] = name;
    expect(dayOfNextMonth(at(settled), 21)).toBe(at(released));
  });
});

it('finds the next 00:30 strictly after a moment', () => {
  const half = DAY_MS / 48;
  expect(nextTimeOfDay(at('2026-01-05T00:29:59+08:00'), half)).toBe(at('2026-01-05T00:30:00+08:00'));
  expect(nextTimeOfDay(at('2026-01-05T00:30:00+08:00'), half)).toBe(at('2026-01-06T00:30:00+08:00'));
  expect(nextTimeOfDay(at('2026-01-05T23:59:59+08:00'), half)).toBe(at('2026-01-06T00:30:00+08:00'));
});

it('tiles time with days', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4e12 }), (ms) => {
      const start = startOfDay(ms);
      expect(start).toBeLessThanOrEqual(ms);
      expect(ms).toBeLessThan(start + DAY_MS);
      expect(startOfDay(start)).toBe(start);
      expect(startOfDay(start - 1)).toBe(start - DAY_MS);
    }),
  );
});
