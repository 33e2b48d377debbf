/**
 * The demo user: drives the server through its own REST API, as an app and its staff would.
 *
 * Owns: the demo's story and its fixed `Idempotency-Key`, so that a restart on the same data folder follows the first
 * withdrawal instead of asking for another. It knows the API only by its documents and shares no types with the server.
 */
import type { Clock, Log } from '../../actors/ports.ts';

export interface DemoUserOptions {
  /** Where the server listens, such as `http://127.0.0.1:3000`. */
  readonly baseUrl: string;
  readonly userToken: string;
  /** An operator's or approver's. */
  readonly staffToken: string;
  readonly relationId: string;
  readonly log: Log;
  readonly clock: Clock;
  /** Ends the story early, at shutdown, within half a second. */
  readonly signal?: AbortSignal;
}

/** How the story ended: the withdrawal's last status, or why there is none. */
export type DemoEnding = 'paid' | 'review' | 'failed' | 'denied' | 'canceled' | 'refused' | 'out of time' | 'stopped';

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

type Call = (method: string, path: string, body?: object, headers?: Record<string, string>) => Promise<Answer>;

const AMOUNT_FEN = 1000;
const IDEMPOTENCY_KEY = 'demo-first-withdrawal';
const ACCOUNT = { identity: 'demo.user@example.com', name: '演示用户' };
const POLL_MS = 500;
const PATIENCE_MS = 10 * 60 * 1000;
const ENDINGS: readonly string[] = ['paid', 'review', 'failed', 'denied', 'canceled'] satisfies DemoEnding[];

/**
 * Binds the user's channel, waits for rebates, withdraws and follows the withdrawal to its end; one log line per step.
 * Never rejects. Safe to run at every start: each step repeats without a second effect.
 */
export async function runDemoUser(options: DemoUserOptions): Promise<DemoEnding> {
  const { log } = options;
  const userId = subjectOf(options.userToken);
  const asUser = caller(options, options.userToken);
  const asStaff = caller(options, options.staffToken);
  const deadline = options.clock.now() + PATIENCE_MS;
  const until = <T>(look: () => Promise<T | undefined>) => poll(options, deadline, look);

  const path = `/v1/staff/members/${encodeURIComponent(userId)}/channel`;
  const bound = await until(() => settled(asStaff('PUT', path, { relationId: options.relationId })));
  if (typeof bound === 'string') return bound;
  if (bound.status !== 200) return refused(log, `the channel could not be bound`, bound);
  log.info(`Demo: channel relation-${options.relationId} is bound to user ${userId}.`);

  const funds = await until(async () => {
    const account = await settled(asUser('GET', '/v1/account'));
    return account !== undefined && Number(account.body['availableFen']) >= AMOUNT_FEN ? account.body : undefined;
  });
  if (typeof funds === 'string') return funds;
  log.info(`Demo: ${yuan(funds['availableFen'])} of rebates are available, ${yuan(funds['pendingFen'])} pending.`);

  const request = { amountFen: AMOUNT_FEN, account: ACCOUNT };
  const headers = { 'idempotency-key': IDEMPOTENCY_KEY };
  const asked = await until(() => settled(asUser('POST', '/v1/withdrawals', request, headers)));
  if (typeof asked === 'string') return asked;
  const id = asked.body['id'];
  if (asked.status >= 300 || typeof id !== 'string') return refused(log, 'the withdrawal was refused', asked);
  log.info(`Demo: withdrawal ${id} of ${yuan(AMOUNT_FEN)} is ${String(asked.body['status'])}.`);

  const ended = await until(async () => {
    const withdrawal = await settled(asUser('GET', `/v1/withdrawals/${id}`));
    const status = withdrawal?.body['status'];
    return typeof status === 'string' && ENDINGS.includes(status) ? { status: status as DemoEnding } : undefined;
  });
  if (typeof ended === 'string') return ended;
  const isInReview = ended.status === 'review';
  log.info(`Demo: withdrawal ${id} is ${isInReview ? 'waiting for a person to approve it' : ended.status}.`);
  return ended.status;
}

function caller({ baseUrl, signal }: DemoUserOptions, token: string): Call {
  return async (method, path, body, headers) => {
    const response = await fetch(new URL(path, baseUrl), {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }), ...headers },
      ...(body && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
    });
    return { status: response.status, body: (await response.json()) as Answer['body'] };
  };
}

/** The answer, unless it says no more than that the server is busy or away: then undefined, to ask again. */
async function settled(call: Promise<Answer>): Promise<Answer | undefined> {
  const answer = await call.catch(() => undefined);
  return answer === undefined || answer.status === 429 || answer.status >= 500 ? undefined : answer;
}

async function poll<T>(
  { clock, log, signal }: DemoUserOptions,
  deadline: number,
  look: () => Promise<T | undefined>,
): Promise<T | 'out of time' | 'stopped'> {
  while (!signal?.aborted) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (clock.now() > deadline) {
      log.warn('Demo: gave up waiting.');
      return 'out of time';
    }
    await new Promise<void>((resolve) => clock.after(POLL_MS, resolve));
  }
  return 'stopped';
}

function refused(log: Log, what: string, { status, body }: Answer): DemoEnding {
  log.warn(`Demo: ${what}: ${status} ${String(body['code'] ?? '')}.`);
  return 'refused';
}

/** The `sub` claim; the server checks the signature, not we. */
function subjectOf(token: string): string {
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString() || '{}') as { sub?: string };
  return claims.sub ?? '';
}

function yuan(fen: unknown): string {
  return `${(Number(fen) / 100).toFixed(2)} yuan`;
}
