/**
 * Several real servers over one MongoDB database, own Redis servers and one sandbox: the outside of the distributed mode.
 *
 * Each node keeps its port over its deaths, so that clients find the next process where they left the last.
 */
import { MongoClient } from 'mongodb';
import { type SandboxProcess, startSandboxProcess } from '../../support/sandbox-process.ts';
import { freePort, type ServerProcess, spawnServer, tempFolder } from '../../support/server-process.ts';
import { type RedisServer, startRedis } from '../../support/services/redis-server.ts';
import { RestClient, token } from '../rest-client.ts';
import { swiftUnderFaults } from '../settings.ts';
import { JournalInspection, type JournalReport, type StoredRecord } from '../stored-journal.ts';

const LEASE_SERVERS = 3;

export type Environment = Readonly<Record<string, string>>;

export interface ClusterOptions {
  /** Of the MongoDB deployment; the database is the cluster's own. */
  readonly mongodbUrl: string;
  /** Tells the database from other files'. */
  readonly title: string;
  /** One node each: what its environment has beside or instead of the others'. */
  readonly nodes: readonly Environment[];
  /** Where a Redis on that port is reached, when not there. */
  readonly doorOf?: (port: number) => Promise<number>;
}

/** One place of the cluster, at which one process runs after the other. */
export class ClusterNode {
  readonly url: string;
  readonly #spawn: () => ServerProcess;
  #process: ServerProcess | undefined;

  constructor(url: string, spawn: () => ServerProcess) {
    this.url = url;
    this.#spawn = spawn;
  }

  get process(): ServerProcess {
    if (this.#process === undefined) throw new Error(`${this.url} was never started`);
    return this.#process;
  }

  /** Returns at once; `ready` of the process tells when it takes requests. */
  spawn(): ServerProcess {
    this.#process = this.#spawn();
    return this.#process;
  }

  async start(): Promise<void> {
    await this.spawn().ready();
  }

  /** @throws Error when it had ended by itself */
  async kill(): Promise<void> {
    const { signal } = await this.process.end('SIGKILL');
    if (signal !== 'SIGKILL') throw new Error(`the server ended by itself: ${this.process.stderr()}`);
  }

  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    process.kill(this.process.pid, name);
  }

  clientOf(userId: string): RestClient {
    return new RestClient(this.url, token(userId));
  }

  staff(): RestClient {
    return new RestClient(this.url, token('boss', 'approver'));
  }
}

export class Cluster {
  readonly sandbox: SandboxProcess;
  readonly nodes: readonly ClusterNode[];
  /** The one for calls, then those for leases. */
  readonly redis: readonly RedisServer[];
  readonly mongodbUrl: string;
  readonly #removeFolder: () => void;

  /** Starts everything but the nodes. */
  static async start({ mongodbUrl, title, nodes, doorOf }: ClusterOptions): Promise<Cluster> {
    const folder = tempFolder();
    const own = mongodbUrl.replace(/^(\w+:\/\/[^/]+)\/?[^?]*/, `$1/system-${title}-${process.pid}`);
    const [sandbox, ...redis] = await Promise.all([
      startSandboxProcess(`${folder.path}/sandbox`),
      ...Array.from({ length: 1 + LEASE_SERVERS }, () => startRedis(folder.path, [], doorOf)),
    ]);
    const ports = await Promise.all(nodes.map(() => freePort()));
    return new Cluster({ sandbox, redis, nodes, ports, mongodbUrl: own, folder });
  }

  private constructor(parts: {
    sandbox: SandboxProcess;
    redis: readonly RedisServer[];
    nodes: readonly Environment[];
    ports: readonly number[];
    mongodbUrl: string;
    folder: ReturnType<typeof tempFolder>;
  }) {
    const { sandbox, redis, mongodbUrl, ports, folder } = parts;
    this.sandbox = sandbox;
    this.redis = redis;
    this.mongodbUrl = mongodbUrl;
    this.#removeFolder = folder.remove;
    const shared: Environment = {
      ...sandbox.env,
      MONGODB_URL: mongodbUrl,
      REDIS_URL: redis[0]?.url ?? '',
      REDLOCK_URLS: redis
        .slice(1)
        .map((server) => server.url)
        .join(),
      ...swiftUnderFaults(),
    };
    this.nodes = parts.nodes.map((own, index) => {
      const port = ports[index] ?? 0;
      const dataDir = `${folder.path}/node-${index}`;
      return new ClusterNode(`http://127.0.0.1:${port}`, () =>
        spawnServer({ dataDir, port, env: { ...shared, ...own } }),
      );
    });
  }

  async startNodes(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.start()));
  }

  /** The journal as it is, and what is wrong with it. */
  inspectJournal(): Promise<JournalReport> {
    return this.withDatabase(async (db) => {
      const inspection = new JournalInspection();
      const all = db.collection<{ actor: string; seq: number; hash?: string; text: string }>('journal').find();
      for await (const { actor, seq, hash = null, text: body } of all.sort({ actor: 1, seq: 1 })) {
        inspection.add({ actor, seq, hash, body } satisfies StoredRecord);
      }
      const undelivered = await db.collection<{ _id: string }>('undelivered').find().toArray();
      return inspection.report(undelivered.map(({ _id }) => _id));
    });
  }

  async withDatabase<T>(work: (db: ReturnType<MongoClient['db']>) => Promise<T>): Promise<T> {
    const client = new MongoClient(this.mongodbUrl);
    try {
      return await work(client.db());
    } finally {
      await client.close();
    }
  }

  /** After the processes have been killed. */
  async remove(): Promise<void> {
    await this.withDatabase((db) => db.dropDatabase());
    await Promise.all(this.redis.map((server) => server.kill()));
    this.#removeFolder();
  }
}
