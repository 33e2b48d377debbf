/**
 * Drives the sandbox by hand: its own signing of TOP and Alipay requests (shared with neither side), a clock that only
 * moves when told, and folders that are removed after the test.
 */
import { createHash, createHmac, createPrivateKey, createPublicKey, createSign, createVerify } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Clock, Ids, Log } from '../../src/actors/ports.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/infra/sandbox/sandbox.ts';

const START = Date.parse('2026-01-15T10:30:00+08:00');

export const silentLog: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

export interface HandClock extends Clock {
  /** Moves on, running what falls due on the way, in order. */
  advance(ms: number): void;
  /** Resolves when something waits for the clock. */
  waited(): Promise<void>;
}

export function handClock(start = START): HandClock {
  let now = start;
  let timers: { at: number; fn: () => void }[] = [];
  let onWait = () => {};
  return {
    now: () => now,
    after: (ms, fn) => {
      const timer = { at: now + ms, fn };
      timers.push(timer);
      onWait();
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    soon: (fn) => setImmediate(fn),
    advance: (ms) => {
      const end = now + ms;
      for (;;) {
        const next = timers.filter(({ at }) => at <= end).sort((left, right) => left.at - right.at)[0];
        if (next === undefined) break;
        timers = timers.filter((other) => other !== next);
        now = next.at;
        next.fn();
      }
      now = end;
    },
    waited: () =>
      timers.length > 0
        ? Promise.resolve()
        : new Promise((resolve) => {
            onWait = resolve;
          }),
  };
}

/** Ids in a row and fractions from a fixed generator. */
function countedIds(): Ids {
  let count = 0;
  let state = 42;
  return {
    random: () => {
      count += 1;
      return `id_${String(count).padStart(16, '0')}`;
    },
    fraction: () => {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
      return state / 2 ** 31;
    },
  };
}

export function tempDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'sandbox-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

export interface SandboxHand extends Means {
  readonly sandbox: Sandbox;
  readonly clock: HandClock;
  readonly dir: string;
}

type Address = Omit<Sandbox, 'stop'>;
type Time = Pick<Clock, 'now'>;

/** The means to talk to a sandbox, in this process or another. */
export interface Means {
  /** Parameters given as '' are not sent. */
  top(business: Record<string, string>, change?: Partial<TopCall>): Promise<Response>;
  /** The JSON answer of an order query over the last three hours, by update time. */
  orders(business?: Record<string, string>): Promise<{ rows: Record<string, unknown>[]; data: OrderData }>;
  alipay(method: string, biz: object, change?: Partial<AlipayCall>): Promise<AlipayAnswer>;
  transfer(changes?: object): Promise<AlipayAnswer>;
  query(outBizNo: string): Promise<AlipayAnswer>;
  control<Body>(request: string, body?: unknown): Promise<{ status: number; body: Body }>;
}

interface OrderData {
  results?: { publisher_order_dto?: Record<string, unknown>[] };
  has_next: boolean;
  has_pre: boolean;
  page_no: number;
  page_size: number;
  position_index: string;
}

interface TopCall {
  method: string;
  appKey: string;
  secret: string;
  signMethod: 'md5' | 'hmac' | 'hmac-sha256';
  timestamp: string;
  extra: Record<string, string>;
  /** Alters the signed parameters before they are sent. */
  tamper(parameters: Record<string, string>): void;
}

interface AlipayCall {
  privateKey: string;
  tamper(parameters: Record<string, string>): void;
}

interface AlipayAnswer {
  status: number;
  content: Record<string, string>;
  isSigned: boolean;
}

/** Starts a sandbox that stops with the test and hands out the means to talk to it. */
export async function startHand(options: Partial<SandboxOptions> & { clock?: HandClock } = {}): Promise<SandboxHand> {
  const clock = options.clock ?? handClock();
  const dir = options.dir ?? tempDir();
  const sandbox = await startSandbox({ ids: countedIds(), log: silentLog, ...options, dir, clock });
  onTestFinished(() => sandbox.stop());
  return { sandbox, clock, dir, ...meansOf(sandbox, clock) };
}

/** The means to talk to a sandbox that was started elsewhere. */
export function meansOf(sandbox: Address, clock: Time): Means {
  const top: Means['top'] = (business, change) => callTop(sandbox, clock, business, change);
  const alipay: Means['alipay'] = (method, biz, change) => callAlipay(sandbox, clock, method, biz, change);
  return {
    top,
    orders: async (business = {}) => {
      const window = {
        start_time: shanghai(clock.now() - 3 * 3_600_000 + 1000),
        end_time: shanghai(clock.now() + 1000),
      };
      const response = await top({ ...window, query_type: '4', page_size: '100', ...business });
      const text = await response.text();
      const data = JSON.parse(text).tbk_order_details_get_response?.data as OrderData;
      if (data === undefined) throw new Error(text);
      return { rows: data.results?.publisher_order_dto ?? [], data };
    },
    alipay,
    transfer: (changes) => alipay('alipay.fund.trans.uni.transfer', transferBiz(changes)),
    query: (outBizNo) =>
      alipay('alipay.fund.trans.common.query', {
        out_biz_no: outBizNo,
        product_code: 'TRANS_ACCOUNT_NO_PWD',
        biz_scene: 'DIRECT_TRANSFER',
      }),
    control: async <Body>(request: string, body?: unknown) => {
      const [method = 'GET', path = ''] = request.split(' ');
      const response = await fetch(new URL(path, sandbox.controlUrl), {
        method,
        ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
      });
      return { status: response.status, body: (await response.json()) as Body };
    },
  };
}

export function transferBiz(changes: object = {}): object {
  return {
    out_biz_no: 'wd_1',
    trans_amount: '12.30',
    product_code: 'TRANS_ACCOUNT_NO_PWD',
    biz_scene: 'DIRECT_TRANSFER',
    order_title: '返利提现',
    payee_info: { identity: 'payee@example.com', identity_type: 'ALIPAY_LOGON_ID', name: '收款人甲' },
    ...changes,
  };
}

export function shanghai(ms: number): string {
  return new Intl.DateTimeFormat('sv-SE', {
    timeZone: 'Asia/Shanghai',
    dateStyle: 'short',
    timeStyle: 'medium',
  }).format(ms);
}

function callTop(
  { env, taobaoUrl }: Address,
  clock: Time,
  business: Record<string, string>,
  change: Partial<TopCall> = {},
): Promise<Response> {
  const signMethod = change.signMethod ?? 'hmac-sha256';
  const secret = change.secret ?? (env['TAOBAO_APP_SECRET'] as string);
  const parameters: Record<string, string> = {
    method: change.method ?? 'taobao.tbk.order.details.get',
    app_key: change.appKey ?? (env['TAOBAO_APP_KEY'] as string),
    timestamp: change.timestamp ?? shanghai(clock.now()),
    format: 'json',
    v: '2.0',
    sign_method: signMethod,
    ...change.extra,
    ...business,
  };
  for (const [name, value] of Object.entries(parameters)) if (value === '') delete parameters[name];
  const text = Object.keys(parameters)
    .sort()
    .reduce((all, name) => all + name + parameters[name], '');
  const digest = {
    md5: () => createHash('md5').update(secret + text + secret),
    hmac: () => createHmac('md5', secret).update(text),
    'hmac-sha256': () => createHmac('sha256', secret).update(text),
  }[signMethod]();
  parameters['sign'] = digest.digest('hex').toUpperCase();
  change.tamper?.(parameters);
  return fetch(taobaoUrl, { method: 'POST', body: new URLSearchParams(parameters) });
}

async function callAlipay(
  { env, alipayUrl }: Address,
  clock: Time,
  method: string,
  biz: object,
  change: Partial<AlipayCall> = {},
): Promise<AlipayAnswer> {
  const parameters: Record<string, string> = {
    app_id: env['ALIPAY_APP_ID'] as string,
    method,
    charset: 'utf-8',
    sign_type: 'RSA2',
    timestamp: shanghai(clock.now()),
    version: '1.0',
    biz_content: JSON.stringify(biz),
  };
  const text = Object.keys(parameters)
    .sort()
    .map((name) => `${name}=${parameters[name]}`)
    .join('&');
  const der = Buffer.from(change.privateKey ?? (env['ALIPAY_PRIVATE_KEY'] as string), 'base64');
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  parameters['sign'] = createSign('RSA-SHA256').update(text).sign(key, 'base64');
  change.tamper?.(parameters);
  const { biz_content: content = '', ...open } = parameters;
  const url = `${alipayUrl}?${new URLSearchParams(open)}`;
  const response = await fetch(url, { method: 'POST', body: new URLSearchParams({ biz_content: content }) });
  return readAlipay(response.status, await response.text(), env['ALIPAY_PUBLIC_KEY'] as string);
}

function readAlipay(status: number, text: string, publicKey: string): AlipayAnswer {
  const [, raw = '', signature = ''] = /^\{"\w+_response":(.*),"sign":"([^"]+)"\}$/s.exec(text) ?? [];
  if (raw === '') return { status, content: {}, isSigned: false };
  const key = createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' });
  const isSigned = createVerify('RSA-SHA256').update(raw).verify(key, signature, 'base64');
  return { status, content: JSON.parse(raw) as Record<string, string>, isSigned };
}
