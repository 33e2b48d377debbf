import { createHmac, timingSafeEqual } from 'node:crypto';
import { isActorId, toAddress } from '../../actors/address.ts';
import type { ActorSystem, Inspection } from '../../actors/facade.ts';
import type { Clock, Ids } from '../../actors/ports.ts';
import type { StaffContext } from '../../machines/staff.ts';
import type { Staff } from './console-deps.ts';

/** Without a request for so long, the session has ended. */
export const IDLE_MS = 30 * 60_000;
/** However busy, it ends then. */
const SESSION_MS = 12 * 3_600_000;
/** A token is renewed at most so often. */
const RENEW_MS = IDLE_MS / 10;

interface Token {
  readonly user: string;
  readonly generation: number;
  readonly id: string;
  readonly endsAt: number;
  readonly seenAt: number;
}

export interface SessionCheck {
  readonly staff: Staff;
  /** To be sent back in place of the token that came, which is growing old. */
  readonly renewed: string | undefined;
}

interface SessionsDeps {
  readonly actors: Pick<ActorSystem, 'inspect'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly ids: Pick<Ids, 'random'>;
  readonly sessionKey: string | Uint8Array;
  readonly isSandbox: boolean;
}

/**
 * Sessions without a store of their own: a signed token says who, under which generation of the user and until when; the
 * user's actor, read at each request, says whether that still holds. So they survive a restart, are good on every node,
 * and end at once when the user is disabled, gets another role or password, or signs out.
 */
export class Sessions {
  readonly #deps: SessionsDeps;

  constructor(deps: SessionsDeps) {
    this.#deps = deps;
  }

  /** Begins a session of a user who has just proved the password. */
  open(found: Inspection): { token: string; staff: Staff } | undefined {
    const user = contextOf(found);
    const now = this.#deps.clock.now();
    const { generation } = user;
    const token = { user: user.id, generation, id: this.#deps.ids.random(), endsAt: now + SESSION_MS, seenAt: now };
    const staff = this.#staffOf(token, found);
    return staff && { token: this.#write(token), staff };
  }

  /** Whose session it is; undefined once it has ended, for whatever reason. @throws STORE_UNAVAILABLE */
  async check(text: string): Promise<SessionCheck | undefined> {
    const token = this.#read(text);
    const now = this.#deps.clock.now();
    if (token === undefined || now >= token.endsAt || now >= token.seenAt + IDLE_MS) return undefined;
    const found = await this.#deps.actors.inspect(toAddress('staff', token.user));
    const staff = found && this.#staffOf(token, found);
    if (staff === undefined) return undefined;
    return { staff, renewed: now < token.seenAt + RENEW_MS ? undefined : this.#write({ ...token, seenAt: now }) };
  }

  /** Whether the session goes on. Unlike `check` it is no sign of life: an open page alone keeps nobody signed in. */
  async isOpen(text: string): Promise<boolean> {
    return (await this.check(text)) !== undefined;
  }

  #staffOf({ user, generation, id, endsAt }: Token, found: Inspection): Staff | undefined {
    const { role, ended, isDemo, generation: current } = contextOf(found);
    const isOver = current !== generation || ended.some(({ session }) => session === id);
    if (found.state !== 'active' || role === null || isOver) return undefined;
    if (isDemo && !this.#deps.isSandbox) return undefined;
    return { name: user, role, sessionId: id, csrfToken: this.#sign(`csrf:${id}`), endsAt };
  }

  #write(token: Token): string {
    const payload = Buffer.from(JSON.stringify(token)).toString('base64url');
    return `${payload}.${this.#sign(`session:${payload}`)}`;
  }

  #read(text: string): Token | undefined {
    const [payload = '', signature = '', ...rest] = text.slice(0, 1_000).split('.');
    if (rest.length > 0 || !isSame(signature, this.#sign(`session:${payload}`))) return undefined;
    const token = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Token;
    return isActorId(token.user) ? token : undefined;
  }

  #sign(text: string): string {
    return createHmac('sha256', this.#deps.sessionKey).update(text).digest('base64url');
  }
}

/** Compares texts in a time that tells nothing about where they differ. */
export function isSame(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function contextOf(found: Inspection): StaffContext {
  return found.snapshot.context as unknown as StaffContext;
}
