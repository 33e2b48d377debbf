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

export interface OpsDeps {
  readonly actors: Pick<ActorSystem, 'isReady' | 'backlogMs'>;
  readonly dependencies: Dependencies;
  /** Read seldom, so it may be some seconds old. */
  readonly waiting: () => Promise<readonly WaitingActors[]>;
  readonly metrics: { readonly contentType: string; metrics(): Promise<string> };
  readonly verifyToken: VerifyToken;
  readonly clock: Pick<Clock, 'now' | 'after'>;
  readonly ids: Pick<Ids, 'random'>;
  readonly log: Log;
  readonly observer?: HttpObserver;
  /** Adds the console, with its own sign-in and its own rules. */
  readonly console?: (app: App) => Promise<void> | void;
}
