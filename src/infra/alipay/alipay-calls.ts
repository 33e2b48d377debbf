/**
 * The two calls of a payout, by the names Alipay has for them.
 */
export const TRANSFER_METHOD = 'alipay.fund.trans.uni.transfer';
export const QUERY_METHOD = 'alipay.fund.trans.common.query';

/** The way of paying; a query must name the same as its transfer. */
export const TRANSFER_KIND = { product_code: 'TRANS_ACCOUNT_NO_PWD', biz_scene: 'DIRECT_TRANSFER' } as const;
