import { beforeEach, describe, expect, it } from 'vitest';
import { Telemetry } from '../../src/actors/telemetry.ts';
import { TrafficLog } from '../../src/infra/telemetry/traffic-log.ts';
import { listeningLog } from '../support/listening-log.ts';
import { MemoryProjections } from '../support/memory-projections.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const HOUR_MS = 3_600_000;

let clock: VirtualClock;
let projections: MemoryProjections;
beforeEach(() => {
  clock = new VirtualClock();
  projections = new MemoryProjections(() => clock.now());
});

function process() {
  const telemetry = new Telemetry();
  const log = listeningLog();
  const traffic = new TrafficLog({ telemetry, projections, clock, log });
  return { traffic, log, take: (edge: string) => telemetry.of('order').traffic.took(edge) };
}
const count = async (traffic: TrafficLog, hours: 1 | 24) =>
  (await traffic.read('order', hours)).reduce((sum, one) => sum + one.count, 0);

describe('how actors moved', () => {
  it('is told of the last hour and the last day, of all processes together', async () => {
    const [one, other] = [process(), process()];
    one.traffic.start();
    other.traffic.start();
    one.take('a|x|b');
    other.take('a|x|b');
    await clock.advance(11_000);
    expect(await one.traffic.read('order', 1)).toEqual([{ kind: 'edge', name: 'a|x|b', bucket: 0, count: 2 }]);
    await clock.advance(2 * HOUR_MS);
    other.take('a|x|b');
    await clock.advance(11_000);
    expect([await count(one.traffic, 1), await count(one.traffic, 24)]).toEqual([1, 3]);
    await clock.advance(23 * HOUR_MS);
    expect([await count(one.traffic, 1), await count(one.traffic, 24)]).toEqual([0, 1]);
  });

  it('is known at once of this process, then shared for ten seconds by all who ask', async () => {
    const { traffic, take } = process();
    take('a|x|b');
    expect(await count(traffic, 1)).toBe(1);
    take('a|x|b');
    expect(await count(traffic, 1)).toBe(1);
    await clock.advance(10_000);
    expect(await count(traffic, 1)).toBe(2);
  });

  it('is in the store when a process stops', async () => {
    const { traffic, take } = process();
    traffic.start();
    take('a|x|b');
    await traffic.stop();
    expect(await projections.traffic('order', 0)).toHaveLength(1);
    take('a|x|b');
    await clock.advance(60_000);
    expect(await projections.traffic('order', 0)).toMatchObject([{ count: 1 }]);
  });

  it('leaves the store after a day and an hour, also of a machine that rests', async () => {
    const { traffic, take } = process();
    traffic.start();
    take('a|x|b');
    await clock.advance(26 * HOUR_MS);
    expect(await projections.traffic('order', 0)).toEqual([]);
  });

  it('loses the counts of a write that failed, says so, and counts on', async () => {
    const { traffic, log, take } = process();
    const { addTraffic } = projections;
    projections.addTraffic = () => Promise.reject(new Error('full'));
    traffic.start();
    take('a|x|b');
    await clock.advance(11_000);
    projections.addTraffic = addTraffic;
    take('a|y|b');
    await clock.advance(10_000);
    expect(await traffic.read('order', 1)).toMatchObject([{ name: 'a|y|b', count: 1 }]);
    expect(log.lines.map(({ message }) => message)).toEqual([expect.stringContaining('not counted')]);
  });

  it('that cannot be read is asked for anew by the next', async () => {
    const { traffic, take } = process();
    take('a|x|b');
    const { traffic: read } = projections;
    projections.traffic = () => Promise.reject(new Error('gone'));
    await expect(traffic.read('order', 1)).rejects.toThrow('gone');
    projections.traffic = read;
    expect(await count(traffic, 1)).toBe(1);
  });
});
