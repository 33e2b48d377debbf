/**
 * Calls of the Taobao open platform and their signatures, for the client that makes them and the sandbox that checks them.
 */
const SECRET = '0123456789abcdef0123456789abcdef';
const COMMON = { app_key: '23000001', timestamp: '2026-01-15 10:30:00', format: 'json', v: '2.0' };

/** V0 is the worked example of the official documentation; V1 to V3 were computed with the official SDKs. */
export const TOP_SIGNATURES = [
  {
    name: 'V0',
    secret: 'helloworld',
    params: {
      method: 'taobao.item.seller.get',
      app_key: '12345678',
      session: 'test',
      timestamp: '2016-01-01 12:00:00',
      format: 'json',
      v: '2.0',
      fields: 'num_iid,title,nick,price,num',
      num_iid: '11223344',
    },
    md5: '66987CB115214E59E6EC978214934FB8',
    hmac: 'D56D7858309C31B6251083A874D48273',
    'hmac-sha256': '04DB15AD0774D5CFCE2C837DE43E3FCEA9011ED74F3038FB6AB5F3C4CEA119E8',
  },
  {
    name: 'V1 (order poll)',
    secret: SECRET,
    params: {
      ...COMMON,
      method: 'taobao.tbk.order.details.get',
      query_type: 4,
      start_time: '2026-01-15 10:00:00',
      end_time: '2026-01-15 10:20:00',
      page_size: 100,
      page_no: 1,
      order_scene: 2,
      jump_type: 1,
    },
    md5: '1141D3AB5C29ACD71A82E06B30AEE46A',
    hmac: 'E2FC742D1B0E6614D5573670412E9A41',
    'hmac-sha256': '61971AECF8A51203AC412D8E36F9DE2EBDC52553E776E6E1473039BFCE492306',
  },
  {
    name: 'V2 (UTF-8, percent signs, a boolean)',
    secret: SECRET,
    params: {
      ...COMMON,
      method: 'taobao.tbk.tpwd.create',
      simplify: true,
      partner_id: 'rebate-ts-1',
      url: 'https://uland.taobao.com/coupon/edetail?e=AbC%2B1&traceId=x',
      text: '双11好物 领券立减￥20',
    },
    md5: '91614C66966906A9F84388572A6E7252',
    hmac: '58F0A21C96308E14972607B55BD66A63',
    'hmac-sha256': 'B541995938A85EEB150987E0F538F5C1EC85AF9818B4984F25CCC8AAB3A61112',
  },
  {
    name: 'V3 (session and nested JSON)',
    secret: SECRET,
    params: {
      ...COMMON,
      method: 'taobao.tbk.order.refund.get',
      session: '6100test',
      publisher_refund_order_query_option: {
        page_size: 100,
        page_no: 1,
        start_time: '2026-01-15 00:00:00',
        end_time: '2026-01-15 03:00:00',
        query_type: 5,
        order_scene: 1,
        member_type: 4,
      },
    },
    md5: '132BC3F8242C1B4F8C00E39D011E3B98',
    hmac: 'E869D80BD1A5BF912B4B74A1D25E5CAB',
    'hmac-sha256': '871CD1461D8997776B89A5EF1E47C69DC790EA7ABB992FE7892F4473929BDB1A',
  },
] as const;
