import { defineConfig } from 'vitest/config';

const SYSTEM = 'test/system/**/*.test.ts';

export default defineConfig({
  test: {
    testTimeout: 20_000,
    hookTimeout: 30_000,
    projects: [
      { extends: true, test: { name: 'parts', include: ['test/**/*.test.ts'], exclude: [SYSTEM], maxWorkers: 2 } },
      // Each of these has both cores for itself: it runs several real processes, and looks at what they do in time.
      { extends: true, test: { name: 'system', include: [SYSTEM], maxWorkers: 1, sequence: { groupOrder: 1 } } },
    ],
  },
});
