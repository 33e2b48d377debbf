import type { Dependencies } from '../../actors/dependencies.ts';
import type { ActorSystem } from '../../actors/facade.ts';
import type { Operations } from '../../actors/operations.ts';
import type { Clock, Ids, Log, StateCount, VersionCount } from '../../actors/ports.ts';
import type { RuntimeLoad } from '../../actors/telemetry.ts';
import type { TrafficCount } from '../../actors/traffic.ts';
import type { MachineEntry } from '../../machines/catalog.ts';
import type { StaffRole } from '../../machines/meta.ts';
import type { Cursors } from '../cursor.ts';
import type { HttpObserver, Payee } from '../deps.ts';
import type { WarmCharts } from '../graph/charts.ts';
import type { FourEyes } from './action-policy.ts';
import type { Auditor } from './auditor.ts';
import type { Cards } from './cards.ts';
import type { Sessions } from './sessions.ts';
import type { ListTopic } from './stream-topics.ts';
import type { MaskedIds, Veil } from './veil.ts';

/** What the console does with sealed payees. */
export interface PayeeSealer {
  /** Null once the user's key is erased. */
  open(userId: string, sealed: string): Promise<Payee | null>;
  /** Users whose payee named last has these last four and this initial, whether told whole or cut to them. */
  usersNaming(payee: Payee, limit: number): Promise<readonly string[]>;
}

/** How many actors are in which state, read seldom and shared; undefined as long as the store has not answered once. */
interface Census {
  read(): Promise<
    | {
        readonly at: number;
        readonly states: readonly StateCount[];
        /** The same, apart by machine version. */
        readonly versions: readonly VersionCount[];
      }
    | undefined
  >;
}

/** How actors moved in the last hour or day. */
interface Traffic {
  read(type: string, hours: 1 | 24): Promise<readonly TrafficCount[]>;
}

/** What the console is given by whoever serves it. */
export interface ConsoleDeps {
  readonly actors: ActorSystem;
  readonly operations: Operations;
  /** What the process that answers has in its hands. */
  readonly load: () => RuntimeLoad;
  readonly dependencies: Dependencies;
  readonly census: Census;
  readonly traffic: Traffic;
  readonly fourEyes: FourEyes;
  /** Which user ids nobody sees without a reason. */
  readonly maskedIds: MaskedIds;
  readonly machines: readonly MachineEntry[];
  readonly charts: WarmCharts;
  readonly sealer: PayeeSealer;
  readonly clock: Pick<Clock, 'now' | 'after'>;
  readonly ids: Pick<Ids, 'random'>;
  readonly log: Log;
  /** Signs sessions; the same on every node, and kept over restarts. */
  readonly sessionKey: string | Uint8Array;
  /** Signs list cursors. */
  readonly cursorKey: string | Uint8Array;
  /** In the sandbox its own users may sign in, and nowhere else. */
  readonly isSandbox: boolean;
  /** Addresses of other tools, with places to fill in; undefined = not led to. */
  readonly links: { readonly dependency: string | undefined; readonly trace: string | undefined };
  readonly observer?: HttpObserver;
  /** What other parts of the console show live, by topic. */
  readonly topics?: Readonly<Record<string, ListTopic>>;
}

/** What its routes get. */
export interface ConsoleRouteDeps extends ConsoleDeps {
  readonly cursors: Cursors;
  readonly sessions: Sessions;
  readonly auditor: Auditor;
  readonly cards: Cards;
  readonly veil: Veil;
}

/** Who sent a request. */
export interface Staff {
  readonly name: string;
  readonly role: StaffRole;
  readonly sessionId: string;
  readonly csrfToken: string;
  readonly endsAt: number;
}
