/**
 * The Alipay gateway, v2 protocol, by the official SDK.
 *
 * Owns what the SDK leaves open: one `exec` is one arrival, in a bounded time, stamped in Alipay's zone. What an answer
 * means is `alipay-outcomes.ts`.
 *
 * Invariants:
 * A1  One `exec` sends at most one request. The SDK's HTTP client by itself sends again after a reset socket and
 *     follows redirects to other hosts; here every `exec` has a connection of its own, and a second dispatch is refused.
 * A2  `exec` never throws and settles within `timeoutMs`, with an answer whose signature is verified or with the reason
 *     why there is none. None of those reasons says that nothing happened.
 * A3  `timestamp` is +08:00 whatever the process's zone (the SDK's own is the process's).
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { AlipaySdk, type AlipaySdkConfig } from 'alipay-sdk';
import { Agent, type Dispatcher } from 'urllib';
import type { Clock } from '../../actors/ports.ts';
import type { RefusalCause } from '../resilience/endings.ts';
import { toShanghaiText } from '../shanghai-text.ts';
import { toPrivateKeyPem, toPublicKeyPem } from './alipay-keys.ts';

export interface AlipayOptions {
  readonly gatewayUrl: string;
  readonly appId: string;
  /** PEM or one-line base64, PKCS#1 or PKCS#8. */
  readonly privateKey: string;
  /** Alipay's public key, or, in certificate mode (which transfers need in production), the three files. */
  readonly trust:
    | { readonly publicKey: string }
    | { readonly appCertFile: string; readonly publicCertFile: string; readonly rootCertFile: string };
  readonly timeoutMs: number;
}

/** `fields` in camel case, as the SDK gives them, without `code` and `subCode`. `notSent`: refused before it left, so
 * certainly not done; the same call at `until`. */
export type AlipayAnswer =
  | { readonly kind: 'notSent'; readonly cause: RefusalCause; readonly until: number }
  | { readonly kind: 'answer'; readonly code: string; readonly subCode: string; readonly fields: AlipayFields }
  | { readonly kind: 'none'; readonly code: 'TIMEOUT' | 'TRANSPORT' | 'SIGNATURE' };

export type AlipayFields = Readonly<Record<string, unknown>>;

export interface AlipayGateway {
  /** A gateway that may keep a call waiting sends nothing after `deadline`. */
  exec(
    method: string,
    bizContent: Record<string, unknown>,
    options?: { readonly deadline: number },
  ): Promise<AlipayAnswer>;
}

const LARGEST_ANSWER_BYTES = 1024 * 1024;

/** The connection of the `exec` under way, used once. */
interface Flight {
  readonly agent: Agent;
  hasLeft: boolean;
}

/** @throws TypeError for keys that cannot be read, Error for certificate files that cannot; both before any call. */
export function createAlipayGateway(options: AlipayOptions, { clock }: { readonly clock: Clock }): AlipayGateway {
  const flights = new AsyncLocalStorage<Flight>();
  const sdk = new CheckedSdk(toSdkConfig(options, flights));
  return {
    async exec(method, bizContent) {
      const agent = new Agent({ pipelining: 0, maxResponseSize: LARGEST_ANSWER_BYTES });
      const timestamp = toShanghaiText(clock.now());
      let isLate = false;
      const cancel = clock.after(options.timeoutMs, () => {
        isLate = true;
        agent.destroy().catch(() => {});
      });
      try {
        const answer = await flights.run({ agent, hasLeft: false }, () =>
          sdk.exec(method, { timestamp, bizContent }, { validateSign: true }),
        );
        const { code, subCode, ...fields } = answer;
        return { kind: 'answer', code: String(code ?? ''), subCode: String(subCode ?? ''), fields };
      } catch (error) {
        if (isLate) return { kind: 'none', code: 'TIMEOUT' };
        return { kind: 'none', code: error instanceof SignatureError ? 'SIGNATURE' : 'TRANSPORT' };
      } finally {
        cancel();
        await agent.destroy();
      }
    },
  };
}

class SignatureError extends Error {}

/** The SDK tells a bad signature from other troubles only by its message, which quotes the whole answer. */
class CheckedSdk extends AlipaySdk {
  override checkResponseSign(raw: string, responseKey: string, serverSign: string, traceId: string): void {
    try {
      super.checkResponseSign(raw, responseKey, serverSign, traceId);
    } catch {
      throw new SignatureError('the signature of the answer is not valid');
    }
  }
}

function toSdkConfig({ trust, ...options }: AlipayOptions, flights: AsyncLocalStorage<Flight>): AlipaySdkConfig {
  const dispatchOnce: Dispatcher['dispatch'] = (request, handler) => {
    const flight = flights.getStore();
    if (!flight || flight.hasLeft) throw new Error('one exec is one request');
    flight.hasLeft = true;
    return flight.agent.dispatch(request, handler);
  };
  return {
    gateway: options.gatewayUrl,
    appId: options.appId,
    privateKey: toPrivateKeyPem(options.privateKey),
    keyType: 'PKCS8',
    // The clock of `exec` is the judge; the HTTP client's own limits only stand behind it.
    timeout: 2 * options.timeoutMs,
    // All that is ever called of it is `dispatch`.
    proxyAgent: { dispatch: dispatchOnce } as unknown as NonNullable<AlipaySdkConfig['proxyAgent']>,
    ...('publicKey' in trust
      ? { alipayPublicKey: toPublicKeyPem(trust.publicKey) }
      : {
          appCertPath: trust.appCertFile,
          alipayPublicCertPath: trust.publicCertFile,
          alipayRootCertPath: trust.rootCertFile,
        }),
  };
}
