/**
 * The services that `npm run services` keeps running beside us, by the environment it has written down.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SERVICES_FOLDER } from './programs.ts';

export const ENVIRONMENT_FILE = join(SERVICES_FOLDER, 'env');

/** Its variables and its process, or undefined when none runs. */
export function readRunningServices(): { pid: number; environment: ReadonlyMap<string, string> } | undefined {
  const text = readIfThere(ENVIRONMENT_FILE);
  const pid = Number(/^# services of process (\d+)/m.exec(text)?.[1] ?? Number.NaN);
  if (!isAlive(pid)) return undefined;
  const pairs = [...text.matchAll(/^export ([A-Z_]+)='(.*)'$/gm)].map(([, name = '', value = '']) => [name, value]);
  return { pid, environment: new Map(pairs as [string, string][]) };
}

export function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid)) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
