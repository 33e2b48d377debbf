import type { Static } from 'typebox';
import { setAnswerHeaders } from './answer-headers.ts';
import type { App, RouteDeps } from './deps.ts';
import { ItemPath, ProductPage, ProductQuery, Product as ProductSchema } from './goods-schemas.ts';
import { Problem } from './problem.ts';
import { problemsOf } from './problem-responses.ts';
import { type ReadyJson, sendReady, toReadyJson } from './ready-answer.ts';
import { toRfc3339 } from './times.ts';

interface Product {
  readonly itemId: string;
  readonly title: string;
  readonly imageUrl: string;
  readonly priceFen: number;
  readonly rebateFen: number;
  readonly fetchedAt: number;
}

/** Where products come from. Nothing here rejects for what a partner does. */
export interface Products {
  /** At once, when it is at hand and fresh; the same object as long as it is. */
  peek(itemId: string): Product | undefined;
  read(
    itemId: string,
  ): Promise<
    | { readonly kind: 'found'; readonly product: Product; readonly isStale: boolean }
    | { readonly kind: 'placeholder' }
    | { readonly kind: 'missing' }
  >;
  search(search: { readonly words: string; readonly page: number; readonly pageSize: number }): Promise<{
    readonly products: readonly Product[];
    readonly hasMore: boolean;
    readonly isStale: boolean;
    readonly isPlaceholder: boolean;
  }>;
}

const PAGE_SIZE = 20;
const PLACEHOLDER_TITLE = '商品信息加载中…';

export function productRoutes(app: App, { products }: RouteDeps): void {
  // A product stays the same object while it is fresh, so its document is made once.
  const documents = new WeakMap<Product, ReadyJson>();
  const documentOf = (product: Product): ReadyJson => {
    let document = documents.get(product);
    if (document === undefined) {
      document = toReadyJson(toProduct(product, false));
      documents.set(product, document);
    }
    return document;
  };

  app.get(
    '/v1/products/:itemId',
    {
      config: { isBounded: true, sendsReady: true },
      schema: {
        tags: ['products'],
        summary: '商品 / A product and its expected rebate; 200 also while Taobao is away, then stale or a placeholder',
        security: [{ bearer: [] }],
        params: ItemPath,
        response: { 200: ProductSchema, ...problemsOf('read', 'PRODUCT_NOT_FOUND') },
      },
    },
    (request, reply) => {
      const { itemId } = request.params;
      const product = products.peek(itemId);
      if (product !== undefined) return sendReady(request, reply, documentOf(product)) as never;
      setAnswerHeaders(request, reply);
      return readProduct(products, itemId);
    },
  );

  app.get(
    '/v1/products',
    {
      schema: {
        tags: ['products'],
        summary: '搜索商品 / Products by words, best first',
        security: [{ bearer: [] }],
        querystring: ProductQuery,
        response: { 200: ProductPage, ...problemsOf('read') },
      },
    },
    async (request) => {
      const { q, page = 1 } = request.query;
      const found = await products.search({ words: q, page, pageSize: PAGE_SIZE });
      return {
        data: found.products.map((product) => toProduct(product, found.isStale)),
        page,
        hasMore: found.hasMore,
        stale: found.isStale,
        placeholder: found.isPlaceholder,
      };
    },
  );
}

/** @throws PRODUCT_NOT_FOUND by Taobao's own word only */
async function readProduct(products: Products, itemId: string): Promise<Static<typeof ProductSchema>> {
  const read = await products.read(itemId);
  switch (read.kind) {
    case 'found':
      return toProduct(read.product, read.isStale);
    case 'placeholder':
      return { itemId, title: PLACEHOLDER_TITLE, placeholder: true };
    case 'missing':
      throw new Problem('PRODUCT_NOT_FOUND');
  }
}

function toProduct(
  { itemId, title, imageUrl, priceFen, rebateFen, fetchedAt }: Product,
  stale: boolean,
): Static<typeof ProductSchema> {
  return { itemId, title, imageUrl, priceFen, rebateFen, stale, placeholder: false, fetchedAt: toRfc3339(fetchedAt) };
}
