/**
 * A `mongod` of a test's own, to be spoiled: failpoints are enabled, and what it answers may be lost on the way.
 */
import { MongoClient } from 'mongodb';
import { childService, freePorts } from './services/child-service.ts';
import { findMongod } from './services/programs.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';

const READY_WITHIN_MS = 60_000;

export interface OwnMongod {
  readonly url: string;
  /** Between the driver and the server. */
  readonly proxy: TcpProxy;
  /** Sets a failpoint, round the proxy. */
  fail(point: string, mode: object | 'off' | 'alwaysOn', data?: object): Promise<void>;
  stop(): Promise<void>;
}

/** `single`: a replica set of one member. `uninitiated`: started as a member, of no set yet. */
export async function startOwnMongod(
  folder: string,
  kind: 'standalone' | 'single' | 'uninitiated',
): Promise<OwnMongod> {
  const [port = 0] = await freePorts(1);
  const args = ['--port', String(port), '--bind_ip', '127.0.0.1', '--dbpath', folder, '--quiet', '--nounixsocket'];
  args.push('--wiredTigerCacheSizeGB', '0.25', '--setParameter', 'enableTestCommands=1');
  if (kind !== 'standalone') args.push('--replSet', 'rs0', '--oplogSize', '64');
  const service = childService(port, findMongod(), args, `${folder}/mongod.log`);
  const proxy = await startTcpProxy(port);
  const direct = new MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`, {
    serverSelectionTimeoutMS: 2_000,
  });
  const admin = direct.db('admin');
  const stop = async () => {
    await direct.close();
    await proxy.stop();
    await service.kill();
  };
  try {
    service.start();
    await service.whenReady(async () => Boolean(await admin.command({ ping: 1 })), READY_WITHIN_MS);
    if (kind === 'single') {
      const members = [{ _id: 0, host: `127.0.0.1:${proxy.port}` }];
      await admin.command({ replSetInitiate: { _id: 'rs0', members } });
      await service.whenReady(
        async () => (await admin.command({ hello: 1 }))['isWritablePrimary'] === true,
        READY_WITHIN_MS,
      );
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url: `mongodb://127.0.0.1:${proxy.port}/test`,
    proxy,
    async fail(point, mode, data) {
      await admin.command({ configureFailPoint: point, mode, ...(data === undefined ? {} : { data }) });
    },
    stop,
  };
}
