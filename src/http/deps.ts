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

export interface ServerDeps {
  readonly actors: ActorSystem;
  readonly sealer: Sealer;
  readonly mask: Mask;
  readonly verifyToken: VerifyToken;
  readonly clock: Pick<Clock, 'now'>;
  readonly ids: Pick<Ids, 'random'>;
  readonly log: Log;
}

export interface ServerOptions {
  readonly withdrawMinFen: number;
  /** Signs list cursors; the same on every node that serves the same users. */
  readonly cursorKey: string | Uint8Array;
  /** The registered machines, which support may look at. */
  readonly actorTypes: readonly string[];
  /** Serve `/livez` and `/readyz` only: a worker. */
  readonly healthOnly?: boolean;
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
