/**
 * The composition root: config → adapters → machines → runtime → HTTP. No logic of its own.
 *
 * `node src/main.ts [serve | token | user | rebuild | migrate]`; `npm run` knows each.
 */
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { isActorError } from './actors/errors.ts';
import { Operations } from './actors/operations.ts';
import type { Log } from './actors/ports.ts';
import { rebuildProjections } from './actors/rebuild.ts';
import { Runtime } from './actors/runtime.ts';
import { createVerifier, issueToken } from './http/auth/tokens.ts';
import { Auditor } from './http/console-api/auditor.ts';
import { registerConsole } from './http/console-api/register.ts';
import { addSandboxUsers } from './http/console-api/sandbox-users.ts';
import { runUserCommand, UsageError } from './http/console-api/user-command.ts';
import type { App } from './http/deps.ts';
import { createCharts } from './http/graph/charts.ts';
import { keepCharts, readKeptChart } from './http/graph/kept-charts.ts';
import { buildOpsServer } from './http/ops/ops-server.ts';
import { buildServer } from './http/server.ts';
import { type Config, ConfigError, loadConfig } from './infra/config.ts';
import { loadDistributedSecrets, migrateStore, openDistributedStore } from './infra/distributed-store.ts';
import { openEmbeddedStore } from './infra/embedded-store.ts';
import { startFeed } from './infra/feed-start.ts';
import { ACTIVITIES, createActivities, createTaobaoClient, feedNames } from './infra/partners.ts';
import { createPinoLog } from './infra/pino-log.ts';
import { createGoods } from './infra/promotion/goods.ts';
import { RandomIds } from './infra/random-ids.ts';
import { Resilience } from './infra/resilience/resilience.ts';
import { DEMO_RELATION_ID } from './infra/sandbox/demo.ts';
import { runDemoUser } from './infra/sandbox/demo-user.ts';
import { type Sandbox, startSandbox } from './infra/sandbox/sandbox.ts';
import { maskIdentity, maskName } from './infra/sealing/mask.ts';
import { createSealer, parseDataKey } from './infra/sealing/sealer.ts';
import { consoleKeyOf, loadSecrets, type Secrets } from './infra/secrets.ts';
import type { Store } from './infra/store.ts';
import { SystemClock } from './infra/system-clock.ts';
import { Census } from './infra/telemetry/census.ts';
import { factsOf, machinesHash } from './infra/telemetry/machine-facts.ts';
import { createMetrics } from './infra/telemetry/metrics.ts';
import { TrafficLog } from './infra/telemetry/traffic-log.ts';
import { welcomeText } from './infra/welcome.ts';
import { createCatalog } from './machines/catalog.ts';

const VERSION = '0.1.0';
const DAY_MS = 86_400_000;
const DEMO_USER = 'demo';
/** Of the console's own; the app's API does not show them. */
const USER_TYPES: readonly string[] = ['staff', 'audit', 'desk'];
const ids = new RandomIds();

/** Runs the server until SIGTERM or SIGINT; a second signal ends it at once. */
async function serve(): Promise<void> {
  const config = loadConfig();
  const log = createPinoLog(config.logLevel);
  const store = await openStore(config, log);
  const { clock } = store;
  const secrets = await store.loadSecrets(config);
  const isDemo = config.taobao === undefined && config.alipay === undefined;
  const sandbox = isDemo
    ? await startSandbox({ dir: join(config.dataDir, 'sandbox'), clock, ids, log, demo: true })
    : undefined;
  const system = composeSystem({ config, log, store, secrets, sandbox });
  const { runtime, resilience, goods, traffic, charts } = system;
  const { server, ops } = await buildFaces(system, () => config.publicUrl ?? url);

  const leaving = new AbortController();
  const stop = async () => {
    if (leaving.signal.aborted) process.exit(1);
    leaving.abort();
    const deadline = clock.now() + config.drainMs;
    // Closing waits for the requests that are open, also for one whose client never ends it.
    const cancel = clock.after(config.drainMs / 2, () => {
      for (const { server: sockets } of [server, ops]) sockets.closeAllConnections();
    });
    await Promise.all([server.close(), ops.close()]);
    cancel();
    await goods.stop();
    await runtime.stop(deadline - clock.now());
    await traffic.stop();
    await resilience.stop();
    await sandbox?.stop();
    await store.close();
    process.exit(0);
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);

  const url = await listen(server, config.host, config.port, 'PORT');
  const opsUrl = await listen(ops, config.host, config.opsPort, 'OPS_PORT');
  await resilience.start();
  await runtime.start();
  traffic.start();
  const { signal } = leaving;
  const graphs = system.definitions.flatMap(({ type }) => charts.graph(type) ?? []);
  void keepCharts(graphs, { actors: runtime, clock, log, signal });
  for (const name of feedNames(system)) {
    const id = `start:${runtime.nodeId}`;
    void startFeed(name, system.rules.orderStart, { actors: runtime, id, clock, log, signal });
  }
  await welcome(system, { url, opsUrl, signal });
}

interface Foundation {
  readonly config: Config;
  readonly log: Log;
  readonly store: Store;
  readonly secrets: Secrets;
  readonly sandbox: Sandbox | undefined;
}

/** Everything between the store and the faces; nothing of it runs yet. */
function composeSystem(foundation: Foundation) {
  const { config, log, store, secrets, sandbox } = foundation;
  const { clock } = store;
  const { taobao, alipay, resilience: limits } = loadConfig(sandbox?.env);
  const sealer = createSealer(parseDataKey(secrets.dataKey), store.userKeys);
  const rules = { ...config.rules, orderStart: config.rules.orderStart ?? clock.now() - DAY_MS };
  const definitions = createCatalog(rules);
  const runtime = new Runtime(
    { ...store, ids, log, definitions },
    { role: config.role, runsCalls: config.role !== 'api', exclusive: store.isExclusive },
  );
  const self = () => ({ id: runtime.nodeId, role: config.role });
  const resilience = new Resilience({ clock, ids, log, kept: store.kept, self }, limits);
  const taobaoClient = createTaobaoClient(taobao, { clock, resilience });
  const partners = { actors: runtime, sealer, clock, log, resilience, taobao: taobaoClient };
  const activities = createActivities({ alipay }, partners);
  for (const [name, activity] of Object.entries(activities)) runtime.provideActivity(name, activity);
  const facts = factsOf(definitions);
  const census = new Census({ ...store, log }, facts);
  const traffic = new TrafficLog({ ...store, telemetry: runtime.telemetry, log });
  const machines = definitions.map((one) => ({ ...one, version: runtime.registry.logic(one.type).version }));
  const charts = createCharts({ machines, clock, log, readKept: (version) => readKeptChart(runtime, version) });
  const metrics = createMetrics({
    runtime,
    dependencies: resilience,
    census,
    machines: facts,
    figures: store.figures,
    cacheStats: () => goods.cacheStats(),
    clock,
    build: { version: VERSION, machinesHash: machinesHash(runtime.registry.all()) },
  });
  const goods = createGoods(
    { actors: runtime, client: taobaoClient, clock, ids, log, cachePlugins: [metrics.cachePlugin] },
    { taobao, redisUrl: config.redisUrl, share: rules.share },
  );
  return {
    ...foundation,
    taobao,
    sealer,
    rules,
    definitions,
    runtime,
    resilience,
    census,
    traffic,
    charts,
    metrics,
    goods,
  };
}

type System = ReturnType<typeof composeSystem>;

/** The API, and the internal face with the console. */
async function buildFaces(system: System, publicUrl: () => string): Promise<{ server: App; ops: App }> {
  const { config, log, store, secrets, sandbox, sealer, definitions, runtime, census, metrics, goods } = system;
  const { clock } = store;
  const verifyToken = createVerifier(secrets.authJwtSecret, clock);
  const common = { actors: runtime, clock, ids, log, observer: metrics.http };
  const staffConsole = {
    ...common,
    operations: new Operations({ ...store, registry: runtime.registry }),
    load: () => runtime.load(),
    dependencies: system.resilience,
    census,
    traffic: system.traffic,
    fourEyes: config.fourEyes,
    maskedIds: config.maskedIds,
    machines: definitions,
    charts: system.charts,
    sealer,
    sessionKey: consoleKeyOf(secrets),
    cursorKey: secrets.cursorKey,
    isSandbox: sandbox !== undefined,
    links: config.links,
  };
  const auditor = new Auditor(common);
  const ops = await buildOpsServer({
    ...common,
    dependencies: system.resilience,
    waiting: () => census.waiting(),
    metrics: metrics.registry,
    verifyToken,
    audit: (line) => auditor.record(line),
    console: (app) => registerConsole(app, staffConsole),
  });
  const { products, promotion } = goods;
  const mask = { identity: maskIdentity, name: maskName };
  const server = await buildServer(
    { ...common, sealer, mask, verifyToken, products, promotion },
    {
      withdrawMinFen: system.rules.withdrawMinFen,
      cursorKey: secrets.cursorKey,
      healthOnly: config.role === 'worker',
      actorTypes: definitions.map(({ type }) => type).filter((type) => !USER_TYPES.includes(type)),
      publicUrl,
      taobaoReturnUrl: config.taobaoReturnUrl,
      version: VERSION,
    },
  );
  return { server, ops };
}

/** Says where everything is; with the sandbox also who may try it, and lets its user do so. */
async function welcome(
  { config, log, store: { clock }, secrets, sandbox, runtime }: System,
  { url, opsUrl, signal }: { readonly url: string; readonly opsUrl: string; readonly signal: AbortSignal },
): Promise<void> {
  const data = config.mongodbUrl === undefined ? config.dataDir : 'MongoDB';
  const places = { url, opsUrl, role: config.role, data };
  if (sandbox === undefined) {
    process.stdout.write(welcomeText(places));
    return;
  }
  const token = (sub: string, role?: string) =>
    issueToken(secrets.authJwtSecret, role === undefined ? { sub } : { sub, role }, clock.now() + 7 * DAY_MS);
  const [userToken, staffToken] = [await token(DEMO_USER), await token('demo-staff', 'approver')];
  const { taobaoUrl, alipayUrl, controlUrl } = sandbox;
  const users = await addSandboxUsers({ actors: runtime, ids, sessionKey: consoleKeyOf(secrets) });
  const partnersDemo = { taobaoUrl, alipayUrl, bookUrl: `${controlUrl}book/payouts` };
  const demo = { userToken, staffToken, ...partnersDemo, console: users };
  process.stdout.write(welcomeText({ ...places, demo }));
  await runDemoUser({ baseUrl: url, userToken, staffToken, relationId: DEMO_RELATION_ID, log, clock, signal });
}

/** @throws ConfigError naming the variable when the port is taken */
async function listen(server: App, host: string, port: number, variable: string): Promise<string> {
  try {
    return await server.listen({ host, port });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
    throw new ConfigError([`${host}:${port} is in use: set ${variable} to another port, or stop what uses it`]);
  }
}

function openStore(config: Config, log: Log): Promise<Store> {
  const { mongodbUrl, redisUrl, redlockUrls } = config;
  if (mongodbUrl === undefined) return openEmbeddedStore(config.dataDir);
  return openDistributedStore({ mongodbUrl, redisUrl, redlockUrls, activities: ACTIVITIES }, { ids, log });
}

/** The secrets of the store that the server uses, while it may be running. */
function loadSharedSecrets(config: Config): Promise<Secrets> {
  const { mongodbUrl, dataDir } = config;
  if (mongodbUrl === undefined) return Promise.resolve(loadSecrets(dataDir, config));
  return loadDistributedSecrets(mongodbUrl, config, createPinoLog(config.logLevel));
}

/** Prints a token for a user, or with `--role` for a member of staff. */
async function printToken(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { user: { type: 'string' }, role: { type: 'string' }, days: { type: 'string', default: '7' } },
  });
  const config = loadConfig();
  const { authJwtSecret } = await loadSharedSecrets(config);
  const sub = values.user ?? (values.role === undefined ? undefined : 'staff');
  if (sub === undefined) throw new Error('say for whom: npm run token -- --user u1, or --role approver');
  const claims = values.role === undefined ? { sub } : { sub, role: values.role };
  process.stdout.write(
    `${await issueToken(authJwtSecret, claims, new SystemClock().now() + Number(values.days) * DAY_MS)}\n`,
  );
}

/** Makes all heads and rows anew from the journal of a stopped server. */
async function rebuild(): Promise<void> {
  const config = loadConfig();
  const store = await openStore(config, createPinoLog(config.logLevel));
  const definitions = createCatalog({ ...config.rules, orderStart: 0 });
  const { actors, rows } = await rebuildProjections(store, definitions);
  await store.close();
  process.stdout.write(`rebuilt the lists of ${actors} actors and ${rows} rows from the journal\n`);
}

/** Makes the indexes (and on a sharded cluster the shard keys) of the configured MongoDB. */
async function migrate(): Promise<void> {
  const { mongodbUrl } = loadConfig();
  if (mongodbUrl === undefined) throw new ConfigError(['MONGODB_URL must say which database to prepare']);
  await migrateStore(mongodbUrl);
  process.stdout.write('the database is ready\n');
}

/** Adds and changes users of the console: of a stopped embedded server, and at any time of one on MongoDB. */
async function manageUsers(args: string[]): Promise<void> {
  const config = loadConfig();
  const log = createPinoLog(config.logLevel);
  const store = await openStore(config, log).catch((error: unknown) => {
    if (!isActorError(error, 'STORE_OWNED')) throw error;
    throw new UsageError(
      'the server is running on this data folder: an admin adds users in its console (/console), or stop it first',
    );
  });
  // It knows no other actors and sweeps nothing: what earlier processes left is the server's to take over.
  const definitions = createCatalog({ ...config.rules, orderStart: 0 }).filter(({ type }) => USER_TYPES.includes(type));
  const runtime = new Runtime({ ...store, ids, log, definitions }, { role: 'user', runsCalls: false, sweepMs: DAY_MS });
  try {
    await runtime.start();
    const piped = async () => (process.stdin.isTTY ? '' : await text(process.stdin));
    process.stdout.write(`${await runUserCommand({ actors: runtime, ids, log, piped }, args)}\n`);
  } finally {
    await runtime.stop();
    await store.close();
  }
}

const COMMANDS: Readonly<Record<string, (args: string[]) => Promise<void>>> = {
  serve,
  token: printToken,
  rebuild,
  migrate,
  user: manageUsers,
};

const [name = 'serve', ...args] = process.argv.slice(2);
const command = COMMANDS[name];
try {
  if (command === undefined) throw new Error(`no command "${name}"; there are ${Object.keys(COMMANDS).join(', ')}`);
  await command(args);
} catch (error) {
  process.stderr.write(`${sayWhy(error)}\n`);
  process.exit(1);
}

/** What went wrong, with a stack only where nobody foresaw it. */
function sayWhy(error: unknown): string {
  if (error instanceof ConfigError || error instanceof UsageError || isActorError(error)) return error.message;
  if (!(error instanceof Error)) return String(error);
  return error.stack ?? error.message;
}
