/**
 * The local sandbox: Taobao's and Alipay's gateways over HTTP on the loopback interface, with books of their own.
 *
 * Owns: its folder (keys, books), two doors and the demo life; nothing of the server's. Both doors answer every path:
 * `/router/rest`, `/gateway.do`, `/oauth/authorize` and `/__sandbox/…` (control.ts).
 */
import { mkdirSync } from 'node:fs';
import type { Clock, Ids, Log } from '../../actors/ports.ts';
import { lockFolder } from '../sqlite/owner-lock.ts';
import { createAlipayGateway } from './alipay-gateway.ts';
import { createAlipaySigner } from './alipay-sign.ts';
import { answerControl } from './control.ts';
import { startDemo } from './demo.ts';
import { FaultScript } from './faults.ts';
import { type Answer, type Door, openDoor, type Request, reply } from './http.ts';
import { loadKeys, type SandboxKeys } from './keys.ts';
import { openOrderBook } from './order-book.ts';
import { PayoutBook } from './payout-book.ts';
import { createSignInDesk } from './sign-in-desk.ts';
import { createTaobaoGateway } from './taobao-gateway.ts';

export interface SandboxOptions {
  /** Where keys and books live; made if missing, kept over restarts. */
  readonly dir: string;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly host?: string;
  /** 0, the default, takes any free port. */
  readonly taobaoPort?: number;
  readonly alipayPort?: number;
  /** Whether orders come and move by themselves. */
  readonly demo?: boolean;
}

export interface Sandbox {
  readonly taobaoUrl: string;
  readonly alipayUrl: string;
  /** What control paths are relative to, with a slash at its end. */
  readonly controlUrl: string;
  /** What points a server at this sandbox. */
  readonly env: Readonly<Record<string, string>>;
  /** Breaks open requests, closes doors and books. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Starts the sandbox; it takes requests when the promise resolves. Killed at any moment and started again on the same
 * folder, it still holds all it ever answered for.
 * @throws STORE_OWNED when another sandbox uses the folder; STORE_CORRUPT when a book cannot be read
 */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { dir, clock, ids, log, host = '127.0.0.1' } = options;
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  // Two gateways over one book would each pay the same transfer.
  const closers: (() => unknown)[] = [lockFolder(dir).release];
  let closing: Promise<void> | undefined;
  const stop = () => {
    closing ??= closeAll(closers);
    return closing;
  };
  try {
    const keys = await loadKeys(dir);
    const orders = await openOrderBook(dir, clock);
    closers.push(() => orders.close());
    const payouts = await PayoutBook.open(dir, clock, keys);
    closers.push(() => payouts.close());
    const faults = new FaultScript();
    const desk = createSignInDesk({ appKey: keys.taobao.appKey, ids });
    const taobao = createTaobaoGateway({ keys: keys.taobao, orders, desk, faults, clock, ids });
    const { appId } = keys.alipay;
    const alipay = createAlipayGateway({ appId, signer: createAlipaySigner(keys.alipay), payouts, faults, clock });
    const handle = async (request: Request): Promise<Answer> => {
      if (request.path === '/router/rest') return taobao(request);
      if (request.path === '/gateway.do') return alipay(request);
      if (request.path === '/oauth/authorize') return desk.authorize(request);
      if (request.path.startsWith('/__sandbox/')) return answerControl({ orders, payouts, faults }, request);
      return reply(404, 'text/plain', 'not found');
    };
    const open = async (port = 0): Promise<Door> => {
      const door = await openDoor({ host, port, log }, handle);
      closers.push(() => door.close());
      return door;
    };
    const [taobaoDoor, alipayDoor] = [await open(options.taobaoPort), await open(options.alipayPort)];
    if (options.demo) closers.push(await startDemo({ orders, clock, ids, log }));
    const taobaoUrl = `${taobaoDoor.url}/router/rest`;
    const alipayUrl = `${alipayDoor.url}/gateway.do`;
    const controlUrl = `${taobaoDoor.url}/__sandbox/`;
    return { taobaoUrl, alipayUrl, controlUrl, env: environment(taobaoDoor.url, alipayUrl, keys), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Last opened, first closed. */
async function closeAll(closers: readonly (() => unknown)[]): Promise<void> {
  for (const close of closers.toReversed()) await close();
}

function environment(taobaoBase: string, alipayUrl: string, { taobao, alipay }: SandboxKeys) {
  return {
    TAOBAO_GATEWAY_URL: `${taobaoBase}/router/rest`,
    TAOBAO_APP_KEY: taobao.appKey,
    TAOBAO_APP_SECRET: taobao.appSecret,
    // No account, no limit of its own.
    TAOBAO_ORDERS_PER_SECOND: '1000',
    TAOBAO_OAUTH_URL: `${taobaoBase}/oauth/authorize`,
    TAOBAO_INVITER_CODE: 'SANDBX',
    TAOBAO_ADZONE_ID: '111500000001',
    TAOBAO_ADZONE_POOL: '111500000011,111500000012,111500000013,111500000014',
    ALIPAY_GATEWAY_URL: alipayUrl,
    ALIPAY_APP_ID: alipay.appId,
    ALIPAY_PRIVATE_KEY: alipay.appPrivateKey,
    ALIPAY_PUBLIC_KEY: alipay.alipayPublicKey,
  };
}
