/**
 * A local gateway that speaks the v2 protocol: it checks each request's RSA2 signature and signs its answers.
 */
import { createSign, createVerify, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { type PartnerServer, startPartnerServer } from './partner-server.ts';

export const APP_KEYS = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const ALIPAY_KEYS = generateKeyPairSync('rsa', { modulusLength: 2048 });

export interface AlipayPartner extends PartnerServer {
  /** Answers the next requests with this content, signed. */
  says(content: Readonly<Record<string, unknown>>): void;
}

export async function startAlipayPartner(signingKey: KeyObject = ALIPAY_KEYS.privateKey): Promise<AlipayPartner> {
  const server = await startPartnerServer();
  return Object.assign(server, {
    says(content: Readonly<Record<string, unknown>>) {
      server.answer = (params, response) => answerSigned(params, response, content, signingKey);
    },
  });
}

export function answerSigned(
  params: Readonly<Record<string, string>>,
  response: ServerResponse,
  content: Readonly<Record<string, unknown>>,
  signingKey: KeyObject = ALIPAY_KEYS.privateKey,
): void {
  const text = JSON.stringify(content);
  const sign = createSign('RSA-SHA256').update(text).sign(signingKey, 'base64');
  response.end(`{"${params['method']?.replaceAll('.', '_')}_response":${text},"sign":"${sign}"}`);
}

/** Whether the request is signed as Alipay demands: all parameters but `sign`, sorted, `k=v` joined by `&`. */
export function isSigned(params: Readonly<Record<string, string>>, publicKey: KeyObject = APP_KEYS.publicKey): boolean {
  const { sign = '', ...signed } = params;
  const text = Object.keys(signed)
    .sort()
    .map((name) => `${name}=${signed[name]}`)
    .join('&');
  return createVerify('RSA-SHA256').update(text).verify(publicKey, sign, 'base64');
}
