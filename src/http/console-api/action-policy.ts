/**
 * What staff may do by hand beyond what a machine says about its events: what each action takes, who has to agree, and what
 * to say about why.
 *
 * Owns those rules; which roles may send an event is the machine's own `sentBy`. Invariant: an event that no policy names is
 * no action of the console.
 */
import type { MachineEntry } from '../../machines/catalog.ts';
import type { EventMeta, StaffRole, Words } from '../../machines/meta.ts';
import { type FieldError, Problem } from '../problem.ts';
import type { ActionParams, SendRequest } from './action-schemas.ts';

type ParamName = keyof ActionParams;

export interface ActionPolicy {
  readonly params: readonly ParamName[];
  /** Who else has to agree: nobody, somebody above the limit, somebody always. */
  readonly secondPerson: 'no' | 'amount' | 'always';
  readonly isTicketRequired: boolean;
  readonly isIrreversible: boolean;
  /** Can be done to many at once. */
  readonly isBulk: boolean;
  /** Where two are needed, one alone may do it in an emergency, to be reviewed afterwards. */
  readonly mayBreakGlass: boolean;
}

/** From where on a second person has to agree, above these, not at them; and whether there is a way without. */
export interface FourEyes {
  readonly amountFen: number;
  readonly jobItems: number;
  readonly jobFen: number;
  /** Whether one alone may do in an emergency what needs two. */
  readonly breakGlass: boolean;
}

const plain: ActionPolicy = {
  params: [],
  secondPerson: 'no',
  isTicketRequired: false,
  isIrreversible: false,
  isBulk: true,
  mayBreakGlass: true,
};
const byTwo: ActionPolicy = {
  params: ['evidence'],
  secondPerson: 'always',
  isTicketRequired: true,
  isIrreversible: true,
  isBulk: false,
  mayBreakGlass: true,
};

/** By `<type>.<event>`. */
const POLICIES: Readonly<Record<string, ActionPolicy>> = {
  'withdrawal.approve': { ...plain, secondPerson: 'amount', isIrreversible: true },
  'withdrawal.deny': { ...plain, secondPerson: 'amount', isTicketRequired: true, isIrreversible: true },
  'withdrawal.requery': plain,
  'withdrawal.markPaid': { ...byTwo, params: ['voucher', 'evidence'] },
  'withdrawal.markNotPaid': byTwo,
  'balance.adjust': { ...byTwo, params: ['deltaFen'], mayBreakGlass: false },
  'member.freeze': plain,
  'member.unfreeze': { ...plain, secondPerson: 'amount', isTicketRequired: true },
  'order.claim': { ...plain, params: ['userId'], isTicketRequired: true, isIrreversible: true, isBulk: false },
};

export interface KnownAction {
  readonly event: string;
  readonly meta: EventMeta;
  readonly policy: ActionPolicy;
}

/** Every action of a machine, whoever may do it. */
export function actionsOf({ type, events }: MachineEntry): readonly KnownAction[] {
  return Object.entries(events).flatMap(([event, meta]) => {
    const policy = POLICIES[`${type}.${event}`];
    return policy === undefined || meta.sentBy.length === 0 ? [] : [{ event, meta, policy }];
  });
}

/** @throws ACTION_UNKNOWN; ROLE_REQUIRED unless `role` may do it. */
export function actionFor(entry: MachineEntry, event: string, role: StaffRole): KnownAction {
  const action = actionsOf(entry).find((one) => one.event === event);
  if (action === undefined) throw new Problem('ACTION_UNKNOWN', { extra: { event } });
  if (!action.meta.sentBy.includes(role)) {
    throw new Problem('ROLE_REQUIRED', { extra: { role, roles: [...action.meta.sentBy] } });
  }
  return action;
}

const REQUIRED: Words = { zh: '此操作必填', en: 'is needed for this action' };
const UNWANTED: Words = { zh: '此操作不需要，请删除', en: 'is not for this action; leave it out' };
const NOT_ZERO: Words = { zh: '不能为零', en: 'must not be zero' };

/** @throws VALIDATION_FAILED naming each parameter that is missing or too much. */
export function assertParams({ policy }: KnownAction, params: ActionParams = {}): void {
  const errors: FieldError[] = [];
  const add = (pointer: string, detail: Words) => errors.push({ in: 'body', pointer, detail });
  for (const name of policy.params) if (params[name] === undefined) add(`/params/${name}`, REQUIRED);
  for (const name of Object.keys(params) as ParamName[]) {
    if (!policy.params.includes(name)) add(`/params/${name}`, UNWANTED);
  }
  if (params.deltaFen === 0) add('/params/deltaFen', NOT_ZERO);
  if (errors.length > 0) throw new Problem('VALIDATION_FAILED', { errors });
}

/** @throws VALIDATION_FAILED */
export function assertTicket({ policy }: KnownAction, { ticket }: Pick<SendRequest, 'ticket'>): void {
  if (!policy.isTicketRequired || ticket !== undefined) return;
  throw new Problem('VALIDATION_FAILED', { errors: [{ in: 'body', pointer: '/ticket', detail: REQUIRED }] });
}

/** Whether a second person has to agree to it for that amount. */
export function needsSecond({ secondPerson }: ActionPolicy, amountFen: number | null, { amountFen: limit }: FourEyes) {
  return secondPerson === 'always' || (secondPerson === 'amount' && amountFen !== null && amountFen > limit);
}

export const PARAM_TITLES: Readonly<Record<ParamName, Words>> = {
  userId: { zh: '用户编号', en: 'User id' },
  deltaFen: { zh: '调整金额（分，负数为扣减）', en: 'Change in fen (negative takes away)' },
  voucher: { zh: '支付宝转账单号', en: 'Alipay order id' },
  evidence: { zh: '凭证', en: 'Evidence' },
};

export const REASON_TITLES: Readonly<Record<SendRequest['reasonCode'], Words>> = {
  customer_request: { zh: '用户要求', en: 'Asked for by the customer' },
  identity_checked: { zh: '已核实身份', en: 'Identity checked' },
  risk: { zh: '风险控制', en: 'Risk control' },
  partner_confirmed: { zh: '合作方已确认', en: 'Confirmed by the partner' },
  partner_trouble: { zh: '合作方故障', en: 'Trouble at the partner' },
  data_correction: { zh: '数据更正', en: 'Data put right' },
  other: { zh: '其他', en: 'Other' },
};
