import { MemoryProjections } from '../support/memory-projections.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { projectionsContract } from './projections.contract.ts';

projectionsContract('MemoryProjections', async () => {
  const clock = new VirtualClock();
  const projections = new MemoryProjections(() => clock.now());
  return { projections, advance: (ms) => clock.advance(ms), reopen: async () => projections, close: async () => {} };
});
