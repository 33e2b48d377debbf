/**
 * The outside partners as activities: which of them are configured, and what stands in for one that is not.
 *
 * Invariant: a partner that is not configured never looks like a failure of the user's. Payouts wait (`postponed`), feeds
 * are not started.
 */
import { toAddress } from '../actors/address.ts';
import type { ActorSystem } from '../actors/facade.ts';
import type { Activity, Clock, Log } from '../actors/ports.ts';
import { createAlipayGateway } from './alipay/alipay-gateway.ts';
import { createAlipayQuery } from './alipay/alipay-query.ts';
import { createAlipayTransfer } from './alipay/alipay-transfer.ts';
import { guardAlipayGateway } from './alipay/guarded-alipay-gateway.ts';
import type { AlipayConfig, Config } from './config.ts';
import { createLeaseholders } from './promotion/user-channels.ts';
import type { Resilience } from './resilience/resilience.ts';
import type { Sealer } from './sealing/sealer.ts';
import { createSendEvents } from './send-events.ts';
import { guardTopClient } from './taobao/guarded-top-client.ts';
import { createOrderPage } from './taobao/order-page.ts';
import { createRefundPage } from './taobao/refund-page.ts';
import { createTopClient, type TopClient } from './taobao/top-client.ts';

const TAOBAO_TIMEOUT_MS = 10_000;
const UNCONFIGURED_RETRY_MS = 60_000;

/** Every activity there is, and how many attempts of it a process runs at once. */
export const ACTIVITIES = { orderPage: 4, refundPage: 4, alipayTransfer: 16, alipayQuery: 16, sendEvents: 4 } as const;

export interface PartnersDeps {
  readonly actors: ActorSystem;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly log: Log;
  readonly resilience: Resilience;
  /** Undefined without a Taobao gateway. */
  readonly taobao: TopClient | undefined;
}

/** The client for every call to Taobao, each through its pipeline; undefined without a gateway. */
export function createTaobaoClient(
  taobao: Config['taobao'],
  { clock, resilience }: Pick<PartnersDeps, 'clock' | 'resilience'>,
): TopClient | undefined {
  if (taobao === undefined) return undefined;
  const client = createTopClient({ ...taobao, timeoutMs: TAOBAO_TIMEOUT_MS }, { clock });
  return guardTopClient(client, { clock, resilience });
}

/** The activities by the names the machines call them. */
export function createActivities(config: Pick<Config, 'alipay'>, deps: PartnersDeps): Record<string, Activity> {
  return { ...feedActivities(deps), ...payoutActivities(config.alipay, deps), sendEvents: createSendEvents(deps) };
}

/** The feeds to start: none without a Taobao gateway. */
export function feedNames(config: Pick<Config, 'taobao'>): readonly string[] {
  return config.taobao === undefined ? [] : ['orders', 'refunds', 'nightly'];
}

function feedActivities({ taobao: client, actors, log }: PartnersDeps): Record<string, Activity> {
  if (client === undefined) return {};
  const send: ActorSystem['send'] = (address, event, options) => actors.send(address, event, options);
  const ownerOf = async (kind: string, id: string) => {
    const channel = await actors.inspect(toAddress('channel', `${kind}-${id}`));
    return (channel?.snapshot.context['owner'] as string | null | undefined) ?? null;
  };
  return {
    orderPage: createOrderPage({ client, ownerOf, leaseholderOf: createLeaseholders(actors), send, log }),
    refundPage: createRefundPage({ client, send, log }),
  };
}

function payoutActivities(
  alipay: AlipayConfig | undefined,
  { sealer, clock, log, resilience }: PartnersDeps,
): Record<string, Activity> {
  if (alipay === undefined) {
    const wait: Activity = async () => ({
      kind: 'postponed',
      until: clock.now() + UNCONFIGURED_RETRY_MS,
      reason: { code: 'PAYOUT_NOT_CONFIGURED', detail: 'set ALIPAY_GATEWAY_URL and its keys' },
    });
    return { alipayTransfer: wait, alipayQuery: wait };
  }
  const { gatewayUrl, appId, privateKey, publicKey, certificates, timeoutMs } = alipay;
  const trust =
    certificates === undefined
      ? { publicKey: publicKey ?? '' }
      : {
          appCertFile: certificates.app,
          publicCertFile: certificates.alipay,
          rootCertFile: certificates.root,
        };
  const direct = createAlipayGateway({ gatewayUrl, appId, privateKey, trust, timeoutMs }, { clock });
  const gateway = guardAlipayGateway(direct, { resilience, clock });
  return {
    alipayTransfer: createAlipayTransfer({ gateway, sealer, clock, log }),
    alipayQuery: createAlipayQuery({ gateway, clock }),
  };
}
