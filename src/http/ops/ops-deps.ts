import type { Dependencies } from '../../actors/dependencies.ts';
import type { ActorSystem } from '../../actors/facade.ts';
import type { Clock, Ids, Log } from '../../actors/ports.ts';
import type { VerifyToken } from '../auth/tokens.ts';
import type { App, HttpObserver } from '../deps.ts';

/** Actors that stand still until a partner answers. */
export interface WaitingActors {
  readonly dependency: string;
  readonly machine: string;
  readonly state: string;
  readonly count: number;
  readonly oldestSince: number;
}

/** What somebody did to a dependency, or was refused. */
export interface SteeringLine {
  readonly by: string;
  readonly role: string | null;
  readonly action: string;
  readonly subject: string;
  readonly reason: string;
  readonly traceId: string;
  readonly ip: string;
  readonly detail: { readonly [key: string]: string | number };
  readonly outcome: 'done' | 'refused' | 'unknown';
  readonly code: string | null;
}

export interface OpsDeps {
  readonly actors: Pick<ActorSystem, 'isReady' | 'backlogMs'>;
  readonly dependencies: Dependencies;
  /** Read seldom, so it may be some seconds old. */
  readonly waiting: () => Promise<readonly WaitingActors[]>;
  readonly metrics: { readonly contentType: string; metrics(): Promise<string> };
  readonly verifyToken: VerifyToken;
  /** Keeps a line in the log of what staff do. @throws STORE_UNAVAILABLE */
  readonly audit: (line: SteeringLine) => Promise<void>;
  readonly clock: Pick<Clock, 'now' | 'after'>;
  readonly ids: Pick<Ids, 'random'>;
  readonly log: Log;
  readonly observer?: HttpObserver;
  /** Adds the console, with its own sign-in and its own rules. */
  readonly console?: (app: App) => Promise<void> | void;
}
