/**
 * The sandbox's shop: a fixed range of goods, the same on every machine, so that links and tests can name them.
 *
 * Owns what an item is; how the APIs spell it is item-api.ts.
 */
import { createHash } from 'node:crypto';

export interface Item {
  readonly itemId: string;
  /** As it stands in an address of the shop itself, which the publisher's APIs no longer take. */
  readonly shopId: string;
  readonly title: string;
  readonly category: string;
  readonly priceYuan: string;
  /** What it costs in the end; the price where there is no coupon. */
  readonly finalYuan: string;
  readonly incomePercent: string;
  readonly hasCoupon: boolean;
}

const RANGE: readonly (readonly [
  title: string,
  category: string,
  yuan: string,
  couponYuan: string,
  percent: string,
])[] = [
  ['纯棉毛巾家用三条装 吸水不掉毛', '居家布艺', '39.90', '10.00', '12.50'],
  ['不锈钢保温杯 500ml 大容量便携', '餐饮具', '89.00', '20.00', '9.00'],
  ['无线蓝牙耳机 降噪长续航', '影音电器', '199.00', '0.00', '5.5'],
  ['手工核桃酥 传统糕点 2斤礼盒', '零食', '45.80', '8.00', '15.5'],
  ['云南小粒咖啡豆 中度烘焙 454g', '咖啡', '68.00', '15.00', '20.00'],
  ['儿童绘本 睡前故事 全10册', '童书', '58.00', '30.00', '18.00'],
  ['速干运动T恤 男女同款', '运动服', '79.00', '10.00', '10.00'],
  ['乳胶枕 护颈 泰国进口', '床品', '169.00', '50.00', '14.00'],
  ['陶瓷不粘锅 28cm 燃气电磁炉通用', '烹饪用具', '129.00', '40.00', '8.00'],
  ['桌面收纳盒 多格 透明', '收纳整理', '25.90', '5.00', '22.00'],
  ['便携充电宝 20000毫安 快充', '数码配件', '99.00', '20.00', '4.00'],
  ['羊毛围巾 秋冬 素色', '服饰配件', '139.00', '30.00', '16.00'],
];

/** Twelve items; the first numbers are part of nothing else. */
export const GOODS: readonly Item[] = RANGE.map(([title, category, priceYuan, couponYuan, incomePercent], index) => {
  const digest = createHash('sha256').update(`goods ${index}`).digest('hex');
  return {
    itemId: `Sand${digest.slice(0, 12)}-${digest.slice(12, 24)}`,
    shopId: String(680_000_000_000 + index * 7_777_777),
    title,
    category,
    priceYuan,
    finalYuan: (Number(priceYuan) - Number(couponYuan)).toFixed(2),
    incomePercent,
    hasCoupon: couponYuan !== '0.00',
  };
});

export function findItem(itemId: string): Item | undefined {
  return GOODS.find((item) => item.itemId === itemId);
}

/** The code that the shop's own app puts into a shared text. */
export function shopTpwd(item: Item): string {
  return `￥${digestOf(`shop ${item.itemId}`)}￥`;
}

/** Eleven characters that stand for `text`. */
export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url').replace(/[_-]/g, 'x').slice(0, 11);
}
