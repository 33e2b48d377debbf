import { createHmac } from 'node:crypto';
import { type Address, isActorId, toAddress, typeOf } from '../../actors/address.ts';
import type { ActorSystem } from '../../actors/facade.ts';
import { AUDIT_LISTS, AUDIT_TABLE } from '../../machines/audit.ts';
import type { StaffRole, Words } from '../../machines/meta.ts';
import { VOUCHER_TABLE } from '../../machines/withdrawal-context.ts';
import { lookersAt } from './access.ts';
import type { Cards } from './cards.ts';
import type { SearchAnswer } from './schemas.ts';

type Result = SearchAnswer['results'][number];

interface SearchDeps {
  readonly actors: ActorSystem;
  readonly cards: Cards;
  /** Finds only what that role may look at. */
  readonly role: StaffRole;
}

/** One thing that the text may be: where to look, and how many steps that takes is bounded. */
interface Kind {
  readonly words: Words;
  readonly fits: (q: string) => boolean;
  readonly find: (deps: SearchDeps, q: string) => Promise<readonly Result[]>;
}

const word = (zh: string, en: string): Words => ({ zh, en });
const OWNED_LIMIT = 10;
/** As actions take it, but for what is the number of an actor. */
const TICKET = /^(?!\d+$|wd_)[A-Za-z0-9][A-Za-z0-9_#./-]{0,63}$/;

const KINDS: readonly Kind[] = [
  actorKind(word('完整地址', 'address'), /^[a-z][a-z0-9]*\/.+$/, (q) => [addressIn(q)]),
  actorKind(word('提现编号', 'withdrawal id'), /^wd_[a-z2-7]{26}$/i, (q) => [toAddress('withdrawal', q.toLowerCase())]),
  actorKind(word('订单号', 'order number'), /^\d{1,32}$/, (q) => [toAddress('order', q)]),
  {
    words: word('支付宝流水号', 'Alipay order id'),
    fits: (q) => /^\d{16,40}$/.test(q),
    find: async (deps, q) => {
      const rows = await deps.actors.rows({ table: VOUCHER_TABLE, owner: q, limit: 5 });
      return await cardsOf(deps, [...new Set(rows.map(({ actor }) => actor))], word('支付宝流水号', 'Alipay order id'));
    },
  },
  actorKind(word('渠道编号', 'channel id'), /^(?:(?:relation|special|adzone)-)?\d{1,20}$/, (q) =>
    q.includes('-')
      ? [toAddress('channel', q)]
      : ['relation', 'special', 'adzone'].map((kind) => toAddress('channel', `${kind}-${q}`)),
  ),
  {
    words: word('用户', 'user id'),
    fits: isActorId,
    find: async (deps, q) => {
      const { actors, cards } = deps;
      const own = await cardsOf(deps, [toAddress('member', q), toAddress('balance', q)], word('用户', 'user id'));
      const lists = ['withdrawal', 'order'].map((type) => actors.heads({ type, owner: q, limit: OWNED_LIMIT }));
      const owned = (await Promise.all(lists)).flat();
      return [
        ...own,
        ...owned.map((head) => ({ ...cards.ofHead(head), foundBy: word('属于该用户', 'belongs to the user') })),
      ];
    },
  },
  {
    words: word('其他编号', 'other ids'),
    fits: isActorId,
    find: async (deps, q) => {
      const others = deps.cards.types.filter((type) => !LOOKED_UP.includes(type)).map((type) => toAddress(type, q));
      return await cardsOf(deps, others, word('编号', 'id'));
    },
  },
  {
    words: word('追踪号（仅审计日志）', 'trace id (of audited actions)'),
    fits: (q) => /^[0-9a-f]{32}$/i.test(q),
    find: (deps, q) => actedOn(deps, AUDIT_LISTS.trace(q.toLowerCase()), word('追踪号', 'trace id')),
  },
  {
    words: word('工单号（仅审计日志）', 'ticket (of audited actions)'),
    fits: (q) => TICKET.test(q),
    find: (deps, q) => actedOn(deps, AUDIT_LISTS.ticket(q), word('工单号', 'ticket')),
  },
];

/** Types that a kind of their own looks for. */
const LOOKED_UP: readonly string[] = ['order', 'withdrawal', 'channel', 'member', 'balance', 'audit'];

const NOTHING = word(
  '没有找到。请核对编号是否完整；手机号、姓名等收款信息已加密，无法搜索，请用订单号或提现编号。',
  'Nothing was found. Check that the number is complete; payee data is sealed and cannot be searched: use an order number or a withdrawal id.',
);

/** Looks for whatever the text may be the number of. Exact ids only; the first kinds come first. */
export async function search(deps: SearchDeps, text: string): Promise<SearchAnswer> {
  const q = tidied(text);
  const fitting = KINDS.filter(({ fits }) => fits(q));
  const found = (await Promise.all(fitting.map(({ find }) => find(deps, q)))).flat();
  const results = found.filter(({ address }, index) => found.findIndex((one) => one.address === address) === index);
  const direct = results.filter(({ id, address }) => id === q || address === q || id === q.toLowerCase());
  const exact = results.length === 1 ? results[0] : direct.length === 1 ? direct[0] : undefined;
  return {
    q,
    exact: exact?.address ?? null,
    results,
    tried: fitting.map(({ words }) => words),
    hint: results.length === 0 ? NOTHING : null,
  };
}

/** What people paste: with spaces inside, a leading `#`, invisible marks. */
function tidied(text: string): string {
  return text.replace(/[\p{C}\p{Z}]/gu, '').replace(/^[#＃]/, '');
}

const MOBILE = /^(?:\+?86)?1[3-9]\d{9}$/;
const MAIL = /^[^@]+@[^@]+\.[^@]+$/;

/** What kind of personal data the text looks like, or null. */
export function personalKind(text: string): 'phone' | 'mail' | null {
  const q = tidied(text);
  if (MOBILE.test(q)) return 'phone';
  return MAIL.test(q) ? 'mail' : null;
}

/** Equal for equal texts, and tells nothing about them without the key. */
export function blinded(text: string, key: string | Uint8Array): string {
  return createHmac('sha256', key)
    .update(`search:${tidied(text)}`)
    .digest('base64url')
    .slice(0, 22);
}

function actorKind(words: Words, pattern: RegExp, candidates: (q: string) => readonly (Address | undefined)[]): Kind {
  return {
    words,
    fits: (q) => pattern.test(q),
    find: (deps, q) =>
      cardsOf(
        deps,
        candidates(q).filter((one) => one !== undefined),
        words,
      ),
  };
}

/** What an audited action of that list was about. */
async function actedOn(deps: SearchDeps, owner: string, foundBy: Words): Promise<Result[]> {
  const rows = await deps.actors.rows({ table: AUDIT_TABLE, owner, limit: OWNED_LIMIT });
  const subjects = rows.map(({ data }) => addressIn(String(data['subject']))).filter((one) => one !== undefined);
  return cardsOf(deps, [...new Set(subjects)], foundBy);
}

async function cardsOf(
  { actors, cards, role }: SearchDeps,
  addresses: readonly Address[],
  foundBy: Words,
): Promise<Result[]> {
  const known = addresses.filter((address) => cards.has(typeOf(address)) && lookersAt(typeOf(address)).includes(role));
  const found = await Promise.all(known.map((address) => actors.inspect(address)));
  return found.filter((one) => one !== undefined).map((one) => ({ ...cards.ofInspection(one), foundBy }));
}

function addressIn(text: string): Address | undefined {
  const [type = '', ...rest] = text.split('/');
  const id = rest.join('/');
  return /^[a-z][a-z0-9]{0,31}$/.test(type) && isActorId(id) ? toAddress(type, id) : undefined;
}
