/**
 * The real server as a child process: `node src/main.ts` on a folder of its own, with an environment of its own.
 *
 * Nothing of the test's environment reaches it but what it needs to run, and it is ended by its own process id.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Signs the tokens of all servers under test, so that a token outlives its server. */
export const JWT_SECRET = 'only-for-tests-of-real-processes';

const READY_WITHIN_MS = 60_000;

export interface ServerOptions {
  readonly dataDir: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** 0, the default, takes any; a fixed one lets clients find the next server where they left the last. */
  readonly port?: number;
}

interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ChildProgram {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  stdout(): string;
  stderr(): string;
  /** Sends the signal and resolves at the end of the process. */
  end(signal: NodeJS.Signals): Promise<Exit>;
}

export interface ServerProcess extends ChildProgram {
  /** Where it takes requests, once `/readyz` says so. Rejects with what it printed when it ends instead. */
  ready(): Promise<string>;
}

/** Starts the server and returns at once. */
export function spawnServer({ dataDir, env = {}, port = 0 }: ServerOptions): ServerProcess {
  const program = spawnProgram([process.execPath, 'src/main.ts'], {
    LOG_LEVEL: 'warn',
    AUTH_JWT_SECRET: JWT_SECRET,
    DATA_DIR: dataDir,
    PORT: String(port),
    OPS_PORT: '0',
    ...env,
  });
  return { ...program, ready: () => whenReady(program) };
}

/** Starts the server and resolves once it is ready. */
export async function startServer(options: ServerOptions): Promise<ServerProcess & { readonly url: string }> {
  const server = spawnServer(options);
  return { ...server, url: await server.ready() };
}

/** Starts any program in the repository's folder, in a process group of its own when it starts others (npm). */
export function spawnProgram(
  [command = '', ...args]: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  { isGroup = false } = {},
): ChildProgram {
  const { PATH, HOME } = process.env;
  const child = spawn(command, args, {
    env: { PATH, HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: isGroup,
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text;
  });
  const exited = new Promise<Exit>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      running.delete(kill);
      resolve({ code, signal });
    });
  });
  const send = (signal: NodeJS.Signals) => signalTo(child, signal, isGroup);
  const kill = () => send('SIGKILL');
  running.add(kill);
  return {
    pid: child.pid ?? 0,
    exited,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    end: (signal) => {
      send(signal);
      return exited;
    },
  };
}

/** What still runs when the tests end does not outlive them. */
const running = new Set<() => void>();
process.once('exit', () => {
  for (const kill of running) kill();
});

/** Ends what a test file has started; for its `afterAll`. */
export function killAll(): void {
  for (const kill of running) kill();
}

function signalTo(child: ChildProcess, signal: NodeJS.Signals, isGroup: boolean): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  if (!isGroup) child.kill(signal);
  else process.kill(-child.pid, signal);
}

async function whenReady(program: ChildProgram): Promise<string> {
  let ended: Exit | undefined;
  void program.exited.then((exit) => {
    ended = exit;
  });
  return until('the server is ready', READY_WITHIN_MS, async () => {
    if (ended !== undefined) throw new Error(`the server ended (${ended.code ?? ended.signal}): ${program.stderr()}`);
    const url = printedUrl(program.stdout());
    if (url === undefined) return undefined;
    const answer = await fetch(`${url}/readyz`).catch(() => undefined);
    return answer?.status === 200 ? url : undefined;
  });
}

/** The address in what a server prints: of its API without the `/v1`, or of a worker's health without the `/readyz`. */
export function printedUrl(text: string): string | undefined {
  return /^ *(?:API +(http:\S+)\/v1$|Health +(http:\S+)\/readyz )/m.exec(text)?.slice(1).find(Boolean);
}

/**
 * Looks again and again, every 25 ms, until something other than undefined is seen; an error from `look` ends it.
 * @throws Error naming what was waited for, and by `describe` what was seen instead.
 */
export async function until<T>(
  what: string,
  withinMs: number,
  look: () => T | undefined | Promise<T | undefined>,
  describe: () => unknown = () => '',
): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (performance.now() > deadline) {
      throw new Error(`not within ${withinMs} ms: ${what} ${JSON.stringify(describe(), null, 1)}`);
    }
    await pause(25);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** A new folder under the system's temporary one, and its removal. */
export function tempFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'taoke-rebate-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }) };
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0));
    });
  });
}
