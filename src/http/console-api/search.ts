import { type Address, idOf, isActorId, toAddress, typeOf } from '../../actors/address.ts';
import type { ActorSystem } from '../../actors/facade.ts';
import type { Operations } from '../../actors/operations.ts';
import { AUDIT_LISTS, AUDIT_TABLE } from '../../machines/audit.ts';
import type { StaffRole, Words } from '../../machines/meta.ts';
import { VOUCHER_TABLE } from '../../machines/withdrawal-context.ts';
import { lookersAt } from './access.ts';
import type { Cards } from './cards.ts';
import type { PayeeSealer } from './console-deps.ts';
import { nearIds } from './near-ids.ts';
import type { SearchAnswer } from './search-schemas.ts';
import { payeeIn, tidied } from './search-text.ts';

type Result = SearchAnswer['results'][number];

interface SearchDeps {
  readonly actors: ActorSystem;
  readonly operations: Pick<Operations, 'headsOf'>;
  readonly sealer: Pick<PayeeSealer, 'usersNaming'>;
  readonly cards: Cards;
  /** Finds only what that role may look at. */
  readonly role: StaffRole;
}

/** One thing that the text may be: where to look, and how many steps that takes is bounded. */
interface Kind {
  readonly words: Words;
  /** Told the text as tidied, and as it was typed. */
  readonly fits: (q: string, text: string) => boolean;
  readonly find: (deps: SearchDeps, q: string, text: string) => Promise<readonly Result[]>;
}

const word = (zh: string, en: string): Words => ({ zh, en });
const OWNED_LIMIT = 10;
/** More people than that have the same last four and initial only among millions. */
const PAYEES_LIMIT = 20;
const NEAR_LIMIT = 5;
/** As actions take it, but for what is the number of an actor. */
const TICKET = /^(?!\d+$|wd_)[A-Za-z0-9][A-Za-z0-9_#./-]{0,63}$/;

const PAYEE = word('收款账号尾号和姓氏', 'last four of the payee’s account and initial');

const KINDS: readonly Kind[] = [
  {
    words: PAYEE,
    fits: (_, text) => payeeIn(text) !== null,
    find: async (deps, _, text) => {
      const payee = payeeIn(text);
      const users = payee === null ? [] : await deps.sealer.usersNaming(payee, PAYEES_LIMIT);
      return await cardsOf(
        deps,
        users.map((user) => toAddress('balance', user)),
        PAYEE,
      );
    },
  },
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
  '请核对编号是否完整。按收款人查找请输入账号后四位和姓名首字，如“5678 张”（邮箱取 @ 前四位）。',
  'Check that the number is complete. To find a payee, type the last four of the account (of a mail address those before the @) and the first character of the name: “5678 张”.',
);

/**
 * Looks for whatever the text may be the number of: exact ids only, the first kinds first. When there is nothing, offers
 * what is one slip away from it.
 */
export async function search(deps: SearchDeps, text: string): Promise<SearchAnswer> {
  const q = tidied(text);
  const fitting = KINDS.filter(({ fits }) => fits(q, text));
  const found = (await Promise.all(fitting.map(({ find }) => find(deps, q, text)))).flat();
  const results = found.filter(({ address }, index) => found.findIndex((one) => one.address === address) === index);
  const direct = results.filter(({ id, address }) => id === q || address === q || id === q.toLowerCase());
  const exact = results.length === 1 ? results[0] : direct.length === 1 ? direct[0] : undefined;
  const near = results.length === 0 ? nearIds(q) : [];
  const tried = [...fitting, ...near].map(({ words }) => words);
  return {
    q,
    exact: exact?.address ?? null,
    results,
    near: await readNear(
      deps,
      q,
      near.flatMap(({ addresses }) => addresses),
    ),
    tried: tried.filter(({ en }, index) => tried.findIndex((one) => one.en === en) === index),
    hint: results.length === 0 ? NOTHING : null,
  };
}

/** The newest of these; what the text names among words comes first. */
async function readNear(
  { operations, cards, role }: SearchDeps,
  q: string,
  near: readonly Address[],
): Promise<Result[]> {
  const addresses = near.filter((address) => lookersAt(typeOf(address)).includes(role));
  if (addresses.length === 0) return [];
  const heads = await operations.headsOf(addresses);
  const isNamed = ({ actor }: { actor: Address }) => Number(q.toLowerCase().includes(idOf(actor)));
  return [...heads]
    .sort((a, b) => isNamed(b) - isNamed(a) || b.sortKey - a.sortKey)
    .slice(0, NEAR_LIMIT)
    .map((head) => ({ ...cards.ofHead(head), foundBy: word('编号相近', 'a similar number') }));
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
