/**
 * The only reader of the environment. Resolves everything once, at start, into one frozen object.
 *
 * Invariant: every problem is collected and reported together, each with the variable, what was expected and what was
 * found (secrets are never shown).
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type PayoutScene, parsePayoutScene, parseRelease, parseShare, type Rules } from '../machines/rules.ts';
import { problemOfTemplate } from './link-template.ts';
import { defaultPolicies, overridePolicies } from './resilience/policy-overrides.ts';
import type { ResilienceSettings } from './resilience/resilience.ts';
import { SIGN_METHODS, type SignMethod } from './taobao/signature.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export interface TaobaoConfig {
  readonly gatewayUrl: string;
  readonly appKey: string;
  readonly appSecret: string;
  readonly signMethod: SignMethod;
  /** Undefined = no links are made and nothing is searched for. */
  readonly promotion: PromotionConfig | undefined;
}

interface PromotionConfig {
  /** The slot that goes with relation ids: the last part of a `mm_1_2_3`. */
  readonly adzoneId: string;
  /** Slots leased to users without a relation id. */
  readonly adzonePool: readonly string[];
  readonly oauthUrl: string;
  /** Undefined = users cannot become channels by themselves. */
  readonly inviterCode: string | undefined;
}

export interface AlipayConfig {
  readonly gatewayUrl: string;
  readonly appId: string;
  readonly privateKey: string;
  /** Alipay's public key, or … */
  readonly publicKey: string | undefined;
  /** … the three certificates. */
  readonly certificates: { readonly app: string; readonly alipay: string; readonly root: string } | undefined;
  readonly timeoutMs: number;
}

export interface Config {
  readonly host: string;
  readonly port: number;
  /** The internal port: metrics, dependencies and the console. */
  readonly opsPort: number;
  readonly dataDir: string;
  readonly drainMs: number;
  /** Where users reach this server; undefined = where it listens. */
  readonly publicUrl: string | undefined;
  /** The app's link to which Taobao's sign-in leads back; undefined = a page that says to go back to the app. */
  readonly taobaoReturnUrl: string | undefined;
  /** `api` serves requests and leaves calls to others; `worker` does the calls and serves health only. */
  readonly role: 'all' | 'api' | 'worker';
  /** Undefined = the embedded store. */
  readonly mongodbUrl: string | undefined;
  /** Undefined = leases and calls in process: one node only. */
  readonly redisUrl: string | undefined;
  /** One or more independent Redis for leases. */
  readonly redlockUrls: readonly string[];
  readonly authJwtSecret: string | undefined;
  readonly dataKey: string | undefined;
  /** Undefined = not configured. When neither partner is, the local sandbox stands in for both. */
  readonly taobao: TaobaoConfig | undefined;
  readonly alipay: AlipayConfig | undefined;
  readonly signMethod: SignMethod;
  readonly resilience: ResilienceSettings;
  /** Above these a second member of staff has to agree: to one action, to a job of so many items or so much. */
  readonly fourEyes: {
    readonly amountFen: number;
    readonly jobItems: number;
    readonly jobFen: number;
    /** Whether one alone may do it in an emergency. */
    readonly breakGlass: boolean;
  };
  /** Which user ids the console shows to nobody without a reason. */
  readonly maskedIds: 'personal' | 'all' | 'none';
  /** Where the console leads to for a dependency's figures and for a trace; undefined = nowhere. */
  readonly links: { readonly dependency: string | undefined; readonly trace: string | undefined };
  readonly logLevel: string;
  readonly rules: Omit<Rules, 'orderStart'> & { readonly orderStart: number | undefined };
}

/** What is wrong with the configuration, all of it. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The configuration has ${problems.length} problem(s):\n${problems.map((line) => `  - ${line}`).join('\n')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

const DAY_MS = 86_400_000;

/** Reads the environment, in which `overrides` take precedence. @throws ConfigError */
export function loadConfig(overrides: Environment = {}): Config {
  const reader = new Reader({ ...process.env, ...overrides });
  const signMethod = reader.oneOf('TAOBAO_SIGN_METHOD', SIGN_METHODS, 'hmac-sha256') as SignMethod;
  const payoutTimeoutMs = reader.integer('PAYOUT_TIMEOUT_MS', 5_000, 100, 600_000);
  const config: Config = {
    host: reader.text('HOST') ?? '127.0.0.1',
    port: reader.integer('PORT', 3_000, 0, 65_535),
    opsPort: reader.integer('OPS_PORT', 3_001, 0, 65_535),
    dataDir: resolve(reader.text('DATA_DIR') ?? './data'),
    drainMs: reader.integer('DRAIN_MS', 10_000, 0, 600_000),
    publicUrl: reader.publicUrl(),
    taobaoReturnUrl: reader.taobaoReturnUrl(),
    ...reader.services(),
    authJwtSecret: reader.secret('AUTH_JWT_SECRET', 16),
    dataKey: reader.dataKey(),
    taobao: reader.taobao(signMethod),
    alipay: reader.alipay(payoutTimeoutMs),
    signMethod,
    resilience: reader.resilience(payoutTimeoutMs),
    fourEyes: {
      amountFen: reader.integer('FOUR_EYES_FEN', 200_000, 0, Number.MAX_SAFE_INTEGER),
      jobItems: reader.integer('FOUR_EYES_JOB_ITEMS', 20, 0, 500),
      jobFen: reader.integer('FOUR_EYES_JOB_FEN', 1_000_000, 0, Number.MAX_SAFE_INTEGER),
      breakGlass: reader.oneOf('BREAK_GLASS', ['on', 'off'], 'off') === 'on',
    },
    maskedIds: reader.oneOf('MASK_USER_IDS', ['personal', 'all', 'none'], 'personal') as Config['maskedIds'],
    links: {
      dependency: reader.template('GRAFANA_URL', ['dependency', 'policy']),
      trace: reader.template('TRACE_URL', ['traceId']),
    },
    logLevel: reader.oneOf('LOG_LEVEL', ['debug', 'info', 'warn', 'error', 'silent'], 'info'),
    rules: reader.rules(payoutTimeoutMs),
  };
  reader.throwIfAny();
  return Object.freeze(config);
}

class Reader {
  readonly #environment: Environment;
  readonly #problems: string[] = [];

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  problem(line: string): void {
    this.#problems.push(line);
  }

  throwIfAny(): void {
    if (this.#problems.length > 0) throw new ConfigError(this.#problems);
  }

  text(name: string): string | undefined {
    const value = this.#environment[name]?.trim();
    return value === '' ? undefined : value;
  }

  integer(name: string, fallback: number, least: number, most: number): number {
    const text = this.text(name);
    if (text === undefined) return fallback;
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    this.problem(`${name} must be a whole number from ${least} to ${most}, not "${text}"`);
    return fallback;
  }

  oneOf(name: string, choices: readonly string[], fallback: string): string {
    const text = this.text(name) ?? fallback;
    if (choices.includes(text)) return text;
    this.problem(`${name} must be one of ${choices.join(', ')}, not "${text}"`);
    return fallback;
  }

  secret(name: string, leastLength: number): string | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    if (text.length < leastLength || /^(changeme|secret|password)/i.test(text)) {
      this.problem(`${name} must be a secret of at least ${leastLength} characters that nobody can guess`);
    }
    return text;
  }

  template(name: string, places: readonly [string, ...string[]]): string | undefined {
    const text = this.text(name);
    const problem = text === undefined ? null : problemOfTemplate(text, places);
    if (problem !== null) this.problem(`${name} ${problem}`);
    return text;
  }

  dataKey(): string | undefined {
    const text = this.text('DATA_KEY');
    if (text === undefined) return undefined;
    const bytes = /^[0-9a-f]{64}$/i.test(text) ? Buffer.from(text, 'hex') : Buffer.from(text, 'base64');
    if (bytes.length !== 32) this.problem('DATA_KEY must be 32 bytes as base64 or hex (openssl rand -base64 32)');
    return text;
  }

  services(): Pick<Config, 'role' | 'mongodbUrl' | 'redisUrl' | 'redlockUrls'> {
    const role = this.oneOf('ROLE', ['all', 'api', 'worker'], 'all') as Config['role'];
    const mongodbUrl = this.#url('MONGODB_URL', ['mongodb', 'mongodb+srv']);
    const redisUrl = this.#url('REDIS_URL', ['redis', 'rediss']);
    const redlockUrls = (this.text('REDLOCK_URLS') ?? redisUrl ?? '').split(',').filter((url) => url !== '');
    if (mongodbUrl === undefined && redisUrl !== undefined) {
      this.problem('REDIS_URL has no use without MONGODB_URL: the embedded store belongs to one process');
    }
    if (redlockUrls.length > 0 && redlockUrls.length % 2 === 0) {
      this.problem(`REDLOCK_URLS must name one, three or five servers, not ${redlockUrls.length}: a vote can tie`);
    }
    if (
      role !== 'all' &&
      this.text('TAOBAO_GATEWAY_URL') === undefined &&
      this.text('ALIPAY_GATEWAY_URL') === undefined
    ) {
      this.problem(
        `ROLE=${role} needs real gateways: processes with sandboxes of their own would each pay from another book`,
      );
    }
    if (role !== 'all' && redisUrl === undefined) {
      this.problem(`ROLE=${role} needs MONGODB_URL and REDIS_URL, by which it shares the work with other processes`);
    }
    return { role, mongodbUrl, redisUrl, redlockUrls };
  }

  taobao(signMethod: SignMethod): TaobaoConfig | undefined {
    const gatewayUrl = this.#url('TAOBAO_GATEWAY_URL');
    if (gatewayUrl === undefined) return undefined;
    const appKey = this.#required('TAOBAO_APP_KEY', 'TAOBAO_GATEWAY_URL');
    const appSecret = this.#required('TAOBAO_APP_SECRET', 'TAOBAO_GATEWAY_URL');
    return { gatewayUrl, appKey, appSecret, signMethod, promotion: this.#promotion() };
  }

  #promotion(): PromotionConfig | undefined {
    const adzoneId = this.text('TAOBAO_ADZONE_ID');
    const adzonePool = (this.text('TAOBAO_ADZONE_POOL') ?? '').split(',').filter((id) => id !== '');
    const oauthUrl = this.#url('TAOBAO_OAUTH_URL') ?? 'https://oauth.taobao.com/authorize';
    const inviterCode = this.text('TAOBAO_INVITER_CODE');
    for (const id of adzoneId === undefined ? adzonePool : [adzoneId, ...adzonePool]) {
      if (!/^\d{1,20}$/.test(id)) {
        this.problem(`TAOBAO_ADZONE_ID and TAOBAO_ADZONE_POOL are digits, the last part of mm_1_2_3, not "${id}"`);
      }
    }
    if (adzoneId === undefined && adzonePool.length > 0) {
      this.problem(
        'TAOBAO_ADZONE_ID must be set when TAOBAO_ADZONE_POOL is: it is the slot of users with a relation id',
      );
    }
    return adzoneId === undefined ? undefined : { adzoneId, adzonePool, oauthUrl, inviterCode };
  }

  publicUrl(): string | undefined {
    const url = this.#url('PUBLIC_URL')?.replace(/\/+$/, '');
    if (url !== undefined && !URL.canParse(url))
      this.problem('PUBLIC_URL must be an address such as https://app.example');
    return url;
  }

  /** Whoever reads the way back has a user's code: plain http would tell it to the network. */
  taobaoReturnUrl(): string | undefined {
    const url = this.text('TAOBAO_RETURN_URL');
    const isAppLink =
      url !== undefined &&
      URL.canParse(url) &&
      /^(?!(?:http|javascript|data|file):)[a-z][a-z0-9+.-]*:\/\/[^\s#]+$/i.test(url);
    if (url !== undefined && !isAppLink) {
      this.problem(
        'TAOBAO_RETURN_URL must be a link that opens the app, such as https://app.example/taobao or myapp://taobao, without a #',
      );
    }
    return url;
  }

  alipay(timeoutMs: number): AlipayConfig | undefined {
    const gatewayUrl = this.#url('ALIPAY_GATEWAY_URL');
    if (gatewayUrl === undefined) return undefined;
    const appId = this.#required('ALIPAY_APP_ID', 'ALIPAY_GATEWAY_URL');
    const privateKey = this.#textOrFile('ALIPAY_PRIVATE_KEY');
    if (privateKey === undefined) this.problem('ALIPAY_PRIVATE_KEY or ALIPAY_PRIVATE_KEY_FILE must be set');
    const publicKey = this.#textOrFile('ALIPAY_PUBLIC_KEY');
    const certificates = this.#certificates();
    if (publicKey === undefined && certificates === undefined) {
      this.problem('set ALIPAY_PUBLIC_KEY (or …_FILE), or the three ALIPAY_…_CERT_FILE of certificate mode');
    }
    return { gatewayUrl, appId, privateKey: privateKey ?? '', publicKey, certificates, timeoutMs };
  }

  resilience(payoutTimeoutMs: number): ResilienceSettings {
    const changes = this.text('DEPENDENCY_SETTINGS') ?? '';
    const { policies, problems } = overridePolicies(defaultPolicies(payoutTimeoutMs), changes);
    for (const problem of problems) this.problem(`DEPENDENCY_SETTINGS: ${problem}`);
    const callsPerDay = this.integer('TAOBAO_CALLS_PER_DAY', 0, 0, 1_000_000_000);
    return {
      policies,
      probes: this.oneOf('DEPENDENCY_PROBES', ['on', 'off'], 'on') === 'on',
      taobaoOrdersPerSecond: this.integer('TAOBAO_ORDERS_PER_SECOND', 20, 1, 1_000),
      taobaoCallsPerDay: callsPerDay === 0 ? undefined : callsPerDay,
    };
  }

  rules(payoutTimeoutMs: number): Config['rules'] {
    const orderWindowMs = this.integer('ORDER_WINDOW_MS', 1_200_000, 2_000, 10_800_000);
    // A shorter window takes a shorter overlap with it unless one is set, since the feed must get on.
    const orderOverlapMs = this.integer('ORDER_OVERLAP_MS', Math.min(600_000, orderWindowMs / 2), 1_000, 10_800_000);
    if (orderOverlapMs >= orderWindowMs) {
      this.problem(`ORDER_OVERLAP_MS (${orderOverlapMs}) must be less than ORDER_WINDOW_MS (${orderWindowMs})`);
    }
    return {
      share: this.#parsed('REBATE_SHARE', '0.7', parseShare),
      release: this.#parsed('REBATE_RELEASE', 'days:7', parseRelease),
      withdrawMinFen: this.integer('WITHDRAW_MIN_FEN', 100, 1, 100_000_000),
      withdrawReviewFen: this.integer('WITHDRAW_REVIEW_FEN', 50_000, 0, Number.MAX_SAFE_INTEGER),
      payoutTimeoutMs,
      payoutScene: this.#payoutScene(),
      payoutQueryMs: this.integer('PAYOUT_QUERY_MS', 5_000, 10, 3_600_000),
      payoutAlertMs: this.integer('PAYOUT_ALERT_MS', 7_200_000, 10, 30 * DAY_MS),
      orderPollMs: this.integer('ORDER_POLL_MS', 60_000, 10, DAY_MS),
      orderWindowMs,
      orderOverlapMs,
      orderStart: this.#time('ORDER_START'),
      adzoneLeaseMs: this.integer('ADZONE_LEASE_MS', DAY_MS, 1_000, 30 * DAY_MS),
      adzoneRestMs: this.integer('ADZONE_REST_MS', DAY_MS, 0, 30 * DAY_MS),
    };
  }

  #payoutScene(): PayoutScene | undefined {
    const name = 'ALIPAY_TRANSFER_SCENE';
    return this.text(name) === undefined ? undefined : this.#parsed(name, '佣金报酬', parsePayoutScene);
  }

  #parsed<T>(name: string, fallback: string, parse: (text: string) => T): T {
    try {
      return parse(this.text(name) ?? fallback);
    } catch (error) {
      this.problem(`${name}: ${error instanceof Error ? error.message : error}`);
      return parse(fallback);
    }
  }

  #time(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(text)
      ? Date.parse(text)
      : Number.NaN;
    if (!Number.isNaN(time)) return time;
    this.problem(`${name} must be an RFC 3339 time such as 2026-11-01T00:00:00+08:00, not "${text}"`);
    return undefined;
  }

  /** The text itself is not repeated: it may hold a password. */
  #url(name: string, protocols: readonly string[] = ['http', 'https']): string | undefined {
    const text = this.text(name);
    if (text === undefined || protocols.some((protocol) => text.startsWith(`${protocol}://`))) return text;
    this.problem(
      `${name} must be a URL that begins with ${protocols.map((protocol) => `${protocol}://`).join(' or ')}`,
    );
    return undefined;
  }

  #required(name: string, because: string): string {
    const text = this.text(name);
    if (text === undefined) this.problem(`${name} must be set when ${because} is`);
    return text ?? '';
  }

  #textOrFile(name: string): string | undefined {
    const path = this.text(`${name}_FILE`);
    if (path === undefined) return this.text(name);
    return this.#file(`${name}_FILE`, path);
  }

  #file(name: string, path: string): string | undefined {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      this.problem(`${name}: the file "${path}" cannot be read`);
      return undefined;
    }
  }

  #certificates(): AlipayConfig['certificates'] {
    const names = ['ALIPAY_APP_CERT_FILE', 'ALIPAY_PUBLIC_CERT_FILE', 'ALIPAY_ROOT_CERT_FILE'] as const;
    const paths = names.map((name) => this.text(name));
    if (paths.every((path) => path === undefined)) return undefined;
    const [app, alipay, root] = names.map((name, index) => {
      const path = paths[index];
      if (path === undefined) this.problem(`certificate mode needs ${name} too`);
      else this.#file(name, path);
      return path ?? '';
    }) as [string, string, string];
    return { app, alipay, root };
  }
}
