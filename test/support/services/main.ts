/**
 * `npm run services`: the real services on loopback, for tests, benchmarks and a local distributed run: a MongoDB
 * replica set of three, one Redis for BullMQ and the cache, three for Redlock.
 *
 * `npm run services` prints the environment to export, keeps it in `.services/env` and stays until it is stopped;
 * `npm run services -- COMMAND …` runs the command in it, with skips forbidden, and ends with its exit code. With
 * `--toxiproxy` before it all, a Toxiproxy stands before each server, and `TOXIPROXY_URL` is where it takes orders.
 * Everything it started ends with it, and its data is removed.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { setInterval } from 'node:timers';
import { MissingProgram, SERVICES_FOLDER } from './programs.ts';
import { startRedis } from './redis-server.ts';
import { startReplicaSet } from './replica-set.ts';
import { ENVIRONMENT_FILE, isAlive, readRunningServices } from './running-services.ts';
import { startToxiproxy } from './toxiproxy.ts';

const PARENT_CHECK_MS = 500;
const REDIS_COUNT = 4;

type Stop = () => Promise<void>;

const isToxic = process.argv[2] === '--toxiproxy';
const command = process.argv.slice(isToxic ? 3 : 2);
const parents = readParents();
const folder = join(SERVICES_FOLDER, `run-${process.pid}`);
const stops: Stop[] = [];
let running: ChildProcess | undefined;
let leaving: Promise<never> | undefined;

async function main(): Promise<void> {
  removeLeftovers();
  mkdirSync(folder, { recursive: true });
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal).on('SIGHUP', onSignal);
  // npm does not pass on every end of its own.
  setInterval(() => readParents() !== parents && onSignal('SIGHUP'), PARENT_CHECK_MS).unref();

  const environment = await startAll();
  if (command.length > 0) return leave(await run(environment));
  const lines = Object.entries(environment).map(([name, value]) => `export ${name}='${value}'\n`);
  const text = [...lines, `# services of process ${process.pid}; they end with it\n`].join('');
  writeFileSync(ENVIRONMENT_FILE, text);
  process.stdout.write(text);
  setInterval(() => {}, 2 ** 30);
}

/** In parallel; keeps how to stop each as soon as it is there. */
async function startAll(): Promise<Record<string, string>> {
  const started = <T extends { stop: Stop }>(service: T): T => {
    stops.push(() => service.stop());
    return service;
  };
  const toxiproxy = isToxic ? started(await startToxiproxy(folder)) : undefined;
  const [mongo, shared, ...locks] = await Promise.all([
    startReplicaSet(folder, toxiproxy?.doorOf).then(started),
    ...Array.from({ length: REDIS_COUNT }, () => startRedis(folder, [], toxiproxy?.doorOf).then(started)),
  ]);
  return {
    ...(toxiproxy && { TOXIPROXY_URL: toxiproxy.url }),
    MONGODB_URL: mongo.url,
    REDIS_URL: shared?.url ?? '',
    REDLOCK_URLS: locks.map(({ url }) => url).join(','),
  };
}

function run(environment: Record<string, string>): Promise<number> {
  const [program = '', ...args] = command;
  const env = { ...process.env, ...environment, REQUIRE_SERVICES: '1' };
  return new Promise((resolve) => {
    running = spawn(program, args, { env, stdio: 'inherit' })
      .once('error', (error) => {
        process.stderr.write(`${program}: ${error.message}\n`);
        resolve(127);
      })
      .once('exit', (code, signal) => resolve(code ?? exitCodeOf(signal)));
  });
}

/** Of us and, since npm puts a shell between, of our parent where the system tells it. Changes when one of them ends. */
function readParents(): string {
  let grandparent = '';
  try {
    // "pid (name) state ppid …", where the name may hold anything.
    grandparent = readFileSync(`/proc/${process.ppid}/stat`, 'latin1').split(') ').at(-1)?.split(' ')[1] ?? '';
  } catch {}
  return `${process.ppid} ${grandparent}`;
}

function onSignal(signal: NodeJS.Signals): void {
  // The command ends first; its end is ours.
  if (running !== undefined && running.exitCode === null && running.signalCode === null) running.kill(signal);
  else void leave(exitCodeOf(command.length > 0 ? signal : null));
}

function exitCodeOf(signal: NodeJS.Signals | null): number {
  return signal === null ? 0 : 128 + constants.signals[signal];
}

function leave(code: number): Promise<never> {
  leaving ??= (async () => {
    await Promise.all(stops.map((stop) => stop()));
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    if (readRunningServices()?.pid === process.pid) rmSync(ENVIRONMENT_FILE);
    process.exit(code);
  })();
  return leaving;
}

/** What killed processes left behind. */
function removeLeftovers(): void {
  mkdirSync(SERVICES_FOLDER, { recursive: true });
  for (const name of readdirSync(SERVICES_FOLDER)) {
    const pid = /^run-(\d+)$/.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(join(SERVICES_FOLDER, name), { recursive: true });
  }
}

main().catch((error) => {
  const text = error instanceof MissingProgram ? error.message : (error as Error).stack;
  process.stderr.write(`services: ${text}\n`);
  return leave(1);
});
