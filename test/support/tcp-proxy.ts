/**
 * A TCP proxy on loopback that spoils what passes it.
 */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** `lose`: what the server answers is lost, with the connection. `mute`: it never arrives, and nobody hangs up.
 * `refuse`: no new connection is taken. `stall`: nothing more is read of what clients send. */
type ProxyMode = 'pass' | 'lose' | 'mute' | 'refuse' | 'stall';

export interface TcpProxy {
  readonly port: number;
  /** Which answers to spoil is for `isSpoiled` to say; all, unless told otherwise. */
  set(mode: ProxyMode, isSpoiled?: (answer: Buffer) => boolean): void;
  /** Breaks every connection. */
  cut(): void;
  stop(): Promise<void>;
}

export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  let mode: ProxyMode = 'pass';
  let isSpoiled = (_: Buffer) => true;
  const sockets = new Set<Socket>();
  const clients = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    return socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  };
  const server = createServer((client) => {
    if (mode === 'refuse') {
      client.destroy();
      return;
    }
    const upstream = keep(connect(targetPort, '127.0.0.1'));
    clients.add(keep(client));
    client.on('close', () => {
      clients.delete(client);
      upstream.destroy();
    });
    upstream.on('close', () => client.destroy());
    client.on('data', (bytes) => upstream.write(bytes));
    if (mode === 'stall') client.pause();
    upstream.on('data', (bytes) => {
      if (mode === 'lose' && isSpoiled(bytes)) client.destroy();
      else if (mode !== 'mute' || !isSpoiled(bytes)) client.write(bytes);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as { port: number }).port,
    set(next, spoiled = () => true) {
      mode = next;
      isSpoiled = spoiled;
      for (const client of clients) next === 'stall' ? client.pause() : client.resume();
    },
    cut,
    async stop() {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}
