/**
 * What a fresh start prints for the person in front of it.
 */

import { GOODS } from './sandbox/goods.ts';

export interface Welcome {
  readonly url: string;
  /** A worker serves its health and nothing else. */
  readonly role: 'all' | 'api' | 'worker';
  /** The internal port. */
  readonly opsUrl: string;
  /** Where everything is kept, for a person to read. */
  readonly data: string;
  /** Present when the sandbox stands in for the partners. */
  readonly demo?: {
    readonly userToken: string;
    readonly staffToken: string;
    readonly taobaoUrl: string;
    readonly alipayUrl: string;
    readonly bookUrl: string;
    readonly console: { readonly names: readonly string[]; readonly password: string };
  };
}

/** The text, ending with a newline. It names only what this process serves; every `curl` line works when pasted. */
export function welcomeText({ url, opsUrl, role, data, demo }: Welcome): string {
  const served =
    role === 'worker'
      ? [`  Health    ${url}/readyz   (a worker: it makes the calls to the partners)`]
      : [`  API       ${url}/v1`, `  API docs  ${url}/docs   (OpenAPI 3.1: ${url}/openapi.json)`];
  const lines = [
    '',
    `taoke-rebate is ready.`,
    ...served,
    `  Metrics   ${opsUrl}/metrics   (partners: ${opsUrl}/ops/dependencies)`,
    `  Console   ${opsUrl}/console`,
    `  Data      ${data}`,
  ];
  if (demo === undefined) return `${lines.join('\n')}\n\n`;
  const { userToken, staffToken, taobaoUrl, alipayUrl, bookUrl, console } = demo;
  const curl = (token: string, path: string, more = '') =>
    `  curl -s ${more}-H 'Authorization: Bearer ${token}' '${url}${path}'`;
  const [towel] = GOODS as [(typeof GOODS)[number]];
  const body = JSON.stringify({ amountFen: 150, account: { identity: '13800138000', name: '张三' } });
  lines.push(
    '',
    'No partner gateway is configured, so a local sandbox stands in for Taobao and Alipay:',
    `  Taobao    ${taobaoUrl}`,
    `  Alipay    ${alipayUrl}`,
    '',
    `Sign in to the console as ${console.names.join(', ')}`,
    `with the password ${console.password}`,
    '',
    'Tokens, good for a week:',
    `  demo user "demo"       ${userToken}`,
    `  staff, may approve     ${staffToken}`,
    '',
    'Worth trying (each line works when pasted):',
    '  # the balance, and how it came to be',
    curl(userToken, '/v1/account'),
    curl(userToken, '/v1/account/ledger'),
    '  # the orders that the feed has brought so far',
    curl(userToken, '/v1/orders?limit=5'),
    '  # goods, what they bring, and a link to share: following it counts (see "clicks" in the list)',
    curl(userToken, `/v1/products?q=${encodeURIComponent('毛巾')}`),
    curl(userToken, `/v1/products/${towel.itemId}`),
    curl(
      userToken,
      '/v1/links',
      `-X POST -H 'Content-Type: application/json' -d '${JSON.stringify({ itemId: towel.itemId })}' `,
    ),
    curl(userToken, '/v1/links'),
    curl(userToken, '/v1/links/statistics'),
    '  # bind a Taobao account: open the authorizeUrl of the answer in a browser, then send the code and the state of the',
    '  # address where it ends, as JSON and with the same token, to POST /v1/taobao/authorization/complete',
    curl(userToken, '/v1/taobao/authorization', '-X POST '),
    '  # withdraw 1.50 yuan; the same key again answers the same withdrawal',
    curl(
      userToken,
      '/v1/withdrawals',
      `-X POST -H 'Content-Type: application/json' -H 'Idempotency-Key: try-1' -d '${body}' `,
    ),
    curl(userToken, '/v1/withdrawals'),
    '  # the same account as staff see it: one durable actor, and its journal',
    curl(staffToken, '/v1/staff/actors/balance/demo'),
    curl(staffToken, '/v1/staff/actors/balance/demo/journal'),
    '  # the outside truth: what the sandbox Alipay has paid',
    `  curl -s '${bookUrl}'`,
    '',
    'The demo user’s own withdrawal is logged below. Ctrl-C stops; the next start goes on from here.',
    '',
  );
  return `${lines.join('\n')}\n`;
}
