/**
 * The real services that a suite works on, by the environment: `MONGODB_URL`, `REDIS_URL`, `REDLOCK_URLS`; else those
 * that `npm run services` keeps running beside us.
 */
import { beforeAll, type RunnerTestCase, type RunnerTestSuite } from 'vitest';
import { findFaketimeLibrary, findRedisServer, findToxiproxy, MissingProgram } from './services/programs.ts';
import { readRunningServices } from './services/running-services.ts';

const VARIABLES = { mongodb: 'MONGODB_URL', redis: 'REDIS_URL', redlock: 'REDLOCK_URLS' } as const;

/** Where a service is that is not there: nothing may connect to it. */
export const NOWHERE = 'nowhere:';

export type Service = keyof typeof VARIABLES;

/**
 * The address of that service (several, separated by commas, for `redlock`), for the whole test file that calls this at
 * its top. Without one, every test of the file is skipped and it is printed why; with `REQUIRE_SERVICES=1` the file
 * fails instead. Connect in a suite's hooks or later: a skipped file runs those at its top.
 */
export function needsService(service: Service): string {
  const url = urlOf(service);
  if (url === undefined) skipFile(missing(service));
  return url ?? NOWHERE;
}

/**
 * The same for a file that can do without: undefined, and printed why, when there is none.
 * @throws Error when skips are forbidden
 */
export function findService(service: Service): string | undefined {
  const url = urlOf(service);
  if (url !== undefined) return url;
  assertMaySkip(missing(service));
  console.warn(`not tested on it: ${missing(service)}`);
  return undefined;
}

function urlOf(service: Service): string | undefined {
  const variable = VARIABLES[service];
  return (process.env[variable] ?? readRunningServices()?.environment.get(variable)) || undefined;
}

function missing(service: Service): string {
  return `${VARIABLES[service]} is not set: npm run services -- npm test`;
}

/** For a file whose tests start and stop `redis-server`s of their own: skipped, or failing, when there is none. */
export function needsRedisServer(): void {
  needsProgram(findRedisServer);
}

/** For a file whose tests stand between clients and servers: skipped, or failing, when there is no Toxiproxy. */
export function needsToxiproxy(): void {
  needsProgram(findToxiproxy);
}

/** For a file whose tests set a process's clock wrong; answers the environment that does so. */
export function needsFaketime(offset: string): Readonly<Record<string, string>> {
  let library = '';
  needsProgram(() => {
    library = findFaketimeLibrary();
  });
  // The monotonic clock of a machine is never wrong.
  return { LD_PRELOAD: library, FAKETIME: offset, FAKETIME_DONT_FAKE_MONOTONIC: '1' };
}

function needsProgram(find: () => unknown): void {
  try {
    find();
  } catch (error) {
    if (!(error instanceof MissingProgram)) throw error;
    skipFile(error.message);
  }
}

/** @throws Error when skips are forbidden */
function skipFile(why: string): void {
  assertMaySkip(why);
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the names of fixtures from the first parameter
  beforeAll(({}, { file }) => {
    console.warn(`skipped: ${file.name}: ${why}`);
    // Without their suites, whose hooks would connect; each test is still reported as skipped, where it stands.
    file.tasks = testsOf(file).map((test) => Object.assign(test, { mode: 'skip', result: { state: 'skip' } }));
  });
}

/** @throws Error when skips are forbidden */
function assertMaySkip(why: string): void {
  if (process.env['REQUIRE_SERVICES'] === '1') throw new Error(`REQUIRE_SERVICES=1 forbids the skip: ${why}`);
}

function testsOf(suite: RunnerTestSuite): RunnerTestCase[] {
  return suite.tasks.flatMap((task) => (task.type === 'suite' ? testsOf(task) : [task]));
}
