import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { App, ServerOptions } from './deps.ts';

const DOCS_CSP = [
  "default-src 'self'",
  "img-src 'self' data:",
  // Swagger UI sets styles on its elements.
  "style-src 'self' 'unsafe-inline'",
  "base-uri 'none'",
  "object-src 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Generates the API document from the routes added after it, and serves it with its pages under /docs. */
export async function installOpenApi(app: App, { version }: ServerOptions): Promise<void> {
  await app.register(swagger, {
    convertConstToEnum: false,
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'taoke-rebate',
        version,
        description:
          'Rebates on Taobao orders. Amounts are integer fen; times are RFC 3339 at +08:00; refusals are RFC 9457 problem documents whose `code` is stable. 金额为整数分；时间为东八区 RFC 3339；错误为 RFC 9457 文档。',
      },
      tags: [
        { name: 'account', description: 'The user’s balance and its ledger / 账户' },
        { name: 'orders', description: 'The user’s orders and their rebates / 订单' },
        { name: 'withdrawals', description: 'Payouts to Alipay / 提现' },
        { name: 'products', description: 'Goods and what they bring / 商品' },
        { name: 'links', description: 'Promotion links, their clicks and figures, and the user’s channel / 推广' },
        { name: 'staff', description: 'For support, by role / 客服' },
        { name: 'health', description: 'For the platform / 健康检查' },
      ],
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
    },
  });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: DOCS_CSP,
    uiConfig: { persistAuthorization: false },
  });
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
}
