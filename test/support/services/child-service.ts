/**
 * A server as a child process: started on loopback, stopped, killed, paused and started again on the same port.
 *
 * It never outlives the process that started it, however that one ends: a small shell beside each server holds a pipe
 * to us and kills the server, by its id, when the pipe breaks.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname } from 'node:path';

/** Ends without a line when we are gone, else with one. */
const GUARD = 'read -r line || kill -9 "$0"';
const STOP_WITHIN_MS = 10_000;

/** Below the ports that systems give to outgoing connections, so that a server finds its port free when it returns. */
const FIRST_PORT = 20_000;
const LAST_PORT = 32_000;

export interface ChildService {
  readonly port: number;
  /** Starts it, again after it ended; resolves at once. */
  start(): void;
  /** Rejects with the end of its log when it ends before `isReady` answers true. */
  whenReady(isReady: () => Promise<boolean>, withinMs: number): Promise<void>;
  /** Any signal, also SIGSTOP and SIGCONT; does nothing to a server that has ended. */
  signal(signal: NodeJS.Signals): void;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGTERM, and SIGKILL after 10 s; resolves when it is gone. */
  stop(): Promise<void>;
}

/** Describes a server; nothing is started yet. Its output goes to `logFile`. */
export function childService(port: number, command: string, args: readonly string[], logFile: string): ChildService {
  let child: ChildProcess | undefined;
  let gone: Promise<void> = Promise.resolve();

  const start = () => {
    mkdirSync(dirname(logFile), { recursive: true });
    const log = openSync(logFile, 'a');
    // A group of its own: Ctrl-C in the terminal reaches us, and we end servers in order.
    const started = spawn(command, args, { stdio: ['ignore', log, log], detached: true });
    child = started;
    gone = new Promise((resolve) => {
      const over = () => {
        if (child === started) child = undefined;
        resolve();
      };
      started.once('error', over).once('exit', over);
    });
    if (started.pid !== undefined) guard(started.pid, gone);
  };
  const signal = (name: NodeJS.Signals) => {
    child?.kill(name);
  };
  return {
    port,
    start,
    signal,
    whenReady: async (isReady, withinMs) => {
      const deadline = performance.now() + withinMs;
      while (!(await isReady().catch(() => false))) {
        if (child !== undefined && performance.now() < deadline) await pause(20);
        else throw new Error(`${command} on port ${port} is not ready:\n${tailOf(logFile)}`);
      }
    },
    kill: () => {
      signal('SIGKILL');
      return gone;
    },
    stop: async () => {
      signal('SIGCONT');
      signal('SIGTERM');
      const late = setTimeout(() => signal('SIGKILL'), STOP_WITHIN_MS);
      await gone;
      clearTimeout(late);
    },
  };
}

function guard(pid: number, gone: Promise<void>): void {
  const watcher = spawn('/bin/sh', ['-c', GUARD, String(pid)], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  watcher.on('error', () => {}).stdin.on('error', () => {});
  watcher.unref();
  void gone.then(() => watcher.stdin.end('over\n'));
}

function tailOf(logFile: string): string {
  return readFileSync(logFile, 'utf8').split('\n').slice(-12).join('\n');
}

/** Different ports of loopback that are free now. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT));
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer().once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
