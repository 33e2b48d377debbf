/**
 * An own Toxiproxy: what it stands before can be reached late, not at all, or for a moment only.
 *
 * It does not look at what passes; a single answer is spoiled by `../tcp-proxy.ts`.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { childService, freePorts } from './child-service.ts';
import { findToxiproxy } from './programs.ts';

const READY_WITHIN_MS = 10_000;

/** What happens to the bytes of a connection, by Toxiproxy's own names. Times in ms. */
export type Toxic =
  | { readonly type: 'latency'; readonly attributes: { readonly latency: number; readonly jitter: number } }
  /** Nothing passes; the connection is closed after that time, and with 0 never. */
  | { readonly type: 'timeout'; readonly attributes: { readonly timeout: number } }
  | { readonly type: 'reset_peer'; readonly attributes: { readonly timeout: number } }
  | { readonly type: 'slow_close'; readonly attributes: { readonly delay: number } }
  | { readonly type: 'limit_data'; readonly attributes: { readonly bytes: number } };

export interface Toxiproxy {
  readonly url: string;
  /** The port at which a server of loopback is reached through this, from now on. */
  doorOf(port: number): Promise<number>;
  /** Does it to all connections through those doors, what comes and what goes, also to new ones, until `heal`. */
  poison(doors: readonly number[], toxic: Toxic): Promise<void>;
  heal(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts one with its log in `folder`. @throws MissingProgram */
export async function startToxiproxy(folder: string): Promise<Toxiproxy> {
  const [port = 0] = await freePorts(1);
  mkdirSync(folder, { recursive: true });
  const args = ['-host', '127.0.0.1', '-port', String(port)];
  const service = childService(port, findToxiproxy(), args, join(folder, `toxiproxy-${port}.log`));
  const url = `http://127.0.0.1:${port}`;
  const ask = async (path: string, body?: object) => {
    const answer = await fetch(`${url}${path}`, { method: 'POST', ...(body && { body: JSON.stringify(body) }) });
    if (!answer.ok) throw new Error(`Toxiproxy ${path}: ${answer.status} ${await answer.text()}`);
  };
  service.start();
  await service.whenReady(async () => (await fetch(`${url}/version`)).ok, READY_WITHIN_MS);
  return {
    url,
    async doorOf(target) {
      const [door = 0] = await freePorts(1);
      await ask('/proxies', { name: String(door), listen: `127.0.0.1:${door}`, upstream: `127.0.0.1:${target}` });
      return door;
    },
    async poison(doors, toxic) {
      for (const door of doors) {
        for (const stream of ['upstream', 'downstream']) await ask(`/proxies/${door}/toxics`, { ...toxic, stream });
      }
    },
    heal: () => ask('/reset'),
    stop: () => service.kill(),
  };
}
