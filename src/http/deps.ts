import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { ActorSystem } from '../actors/facade.ts';
import type { Clock, Ids, Log } from '../actors/ports.ts';
import type { VerifyToken } from './auth/tokens.ts';
import type { Cursors } from './cursor.ts';
import type { Products } from './product-routes.ts';
import type { Promotion } from './promotion.ts';

export interface Payee {
  readonly identity: string;
  readonly name: string;
}

/** Seals personal data with the user's own key, before any of it enters a message. */
interface Sealer {
  seal(userId: string, payee: Payee): Promise<string> | string;
  /** Equal for equal texts of one user; tells nothing about the text without the user's key. */
  fingerprint(userId: string, text: string): Promise<string> | string;
}

/** How payee data is shown to people. */
interface Mask {
  identity(identity: string): string;
  name(name: string): string;
}

/** An answered request, for who measures. */
export interface Answered {
  readonly method: string;
  /** The route's pattern; undefined when there is none. */
  readonly route: string | undefined;
  readonly status: number;
  readonly durationMs: number;
  /** The code of the problem it was answered by. */
  readonly problem: string | undefined;
  /** The answer of an earlier request with the same idempotency key. */
  readonly isReplay: boolean;
  /** It went on for as long as somebody listened. */
  readonly isStream: boolean;
}

/** Hears of every request of a server. */
export interface HttpObserver {
  began(method: string): void;
  answered(answered: Answered): void;
  /** Somebody listens to a stream, until the returned function is called. */
  streamOpened(audience: 'ops' | 'console'): () => void;
}

export interface ServerDeps {
  readonly actors: ActorSystem;
  readonly sealer: Sealer;
  readonly mask: Mask;
  readonly verifyToken: VerifyToken;
  readonly products: Products;
  /** Undefined: no promotion is configured. */
  readonly promotion: Promotion | undefined;
  readonly clock: Pick<Clock, 'now'>;
  readonly ids: Pick<Ids, 'random'>;
  readonly log: Log;
  readonly observer?: HttpObserver;
}

export interface ServerOptions {
  readonly withdrawMinFen: number;
  /** Signs list cursors; the same on every node that serves the same users. */
  readonly cursorKey: string | Uint8Array;
  /** The registered machines, which support may look at. */
  readonly actorTypes: readonly string[];
  /** Serve `/livez` and `/readyz` only: a worker. */
  readonly healthOnly?: boolean;
  /** Where users reach this server from outside, without a slash at its end. */
  readonly publicUrl: () => string;
  /** The app's link to which Taobao's sign-in leads back; undefined = a page of ours that says to go back to the app. */
  readonly taobaoReturnUrl: string | undefined;
  /** Shown in the API document. */
  readonly version: string;
}

/** What the routes get. */
export interface RouteDeps extends ServerDeps, ServerOptions {
  readonly cursors: Cursors;
}

export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;
