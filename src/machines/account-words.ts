/**
 * What a customer sees of an account, and what to answer: the same for the member and for the balance.
 */
import type { StateMeta } from './meta.ts';

type Answers = Required<Pick<StateMeta, 'customer' | 'answer'>>;

export const inOrder: Answers = {
  customer: {
    zh: '账户页显示待结算、可提现和冻结的金额。',
    en: 'The account page shows what is pending, available and set aside.',
  },
  answer: {
    zh: '账户正常，可提现余额可以随时提现。',
    en: 'The account is in order; what is available can be withdrawn at any time.',
  },
};

export const frozen: Answers = {
  customer: {
    zh: '余额照常显示，提现时提示“账户已冻结”。',
    en: 'The balance shows as usual; a withdrawal is answered with “the account is frozen”.',
  },
  answer: {
    zh: '账户因安全原因暂停提现，返利照常入账；请按客服提示核实身份。',
    en: 'Withdrawals are stopped for safety while rebates still come in; please verify your identity as support tells you.',
  },
};
