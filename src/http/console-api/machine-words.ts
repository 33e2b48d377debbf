import type { AnyStateNode } from 'xstate';
import type { MachineEntry } from '../../machines/catalog.ts';
import type { StateMeta, Words } from '../../machines/meta.ts';

const TYPE_TITLES: Readonly<Record<string, Words>> = {
  order: { zh: '订单', en: 'Order' },
  channel: { zh: '渠道', en: 'Channel' },
  balance: { zh: '账户余额', en: 'Balance' },
  withdrawal: { zh: '提现', en: 'Withdrawal' },
  feed: { zh: '订单拉取', en: 'Order feed' },
  member: { zh: '会员', en: 'Member' },
  link: { zh: '推广链接', en: 'Promotion link' },
  adzone: { zh: '推广位', en: 'Ad zone' },
  staff: { zh: '控制台用户', en: 'Console user' },
  audit: { zh: '审计日志', en: 'Audit log' },
  approval: { zh: '审批', en: 'Approval' },
  job: { zh: '批量任务', en: 'Bulk job' },
  incident: { zh: '异常', en: 'Incident' },
  desk: { zh: '个人工作台', en: 'Desk' },
  chart: { zh: '流程图', en: 'Chart' },
  notes: { zh: '备注', en: 'Notes' },
};

/** What a type is called; the type's own name for one that has no words yet. */
export function typeTitle(type: string): Words {
  return TYPE_TITLES[type] ?? { zh: type, en: type };
}

/** The meta of a leaf state such as `paying.sending`; of several at once, of the first. */
export function stateMeta({ machine }: Pick<MachineEntry, 'machine'>, state: string): StateMeta | undefined {
  const path = state.split(',')[0]?.split('.') ?? [];
  let node: AnyStateNode | undefined = machine.root;
  for (const key of path) node = node?.states[key];
  return node?.meta as StateMeta | undefined;
}

/** How long an actor may stay in a state, in seconds; of several at once the shortest limit; 0 = for ever. */
export function slaSecondsOf(entry: Pick<MachineEntry, 'machine'>, state: string): number {
  const limits = state.split(',').map((leaf) => stateMeta(entry, leaf)?.slaSeconds ?? 0);
  const real = limits.filter((seconds) => seconds > 0);
  return real.length === 0 ? 0 : Math.min(...real);
}

/** A machine, with what is known of its earlier versions. */
export interface KnownMachine extends MachineEntry {
  /** Of leaf states that this version may not have. */
  readonly formerTitles: ReadonlyMap<string, Words>;
}

/** All leaf states at once; one that no version known here has is called by its own name. */
export function stateTitle(entry: KnownMachine, state: string): Words {
  const titleOf = (leaf: string) => stateMeta(entry, leaf)?.title ?? entry.formerTitles.get(leaf);
  const titles = state.split(',').map((leaf) => titleOf(leaf) ?? { zh: leaf, en: leaf });
  return { zh: titles.map(({ zh }) => zh).join(' · '), en: titles.map(({ en }) => en).join(' · ') };
}

const RUNTIME_EVENTS: Readonly<Record<string, Words>> = {
  '@due': { zh: '到时间', en: 'Time is up' },
  '@outcome': { zh: '外部答复', en: 'Answer from outside' },
  '@upgrade': { zh: '升级', en: 'Upgraded' },
};

const CALL_ENDINGS: Readonly<Record<string, Words>> = {
  ok: { zh: '有答复', en: 'answered' },
  refused: { zh: '被拒绝', en: 'refused' },
  unknown: { zh: '结果未知', en: 'outcome unknown' },
  postponed: { zh: '推迟', en: 'postponed' },
};

/** What an event of a record is called: by the machine's words, or what the runtime's own events stand for. */
export function eventTitle(
  { events }: Pick<MachineEntry, 'events'>,
  event: { readonly [key: string]: unknown },
): Words {
  const type = String(event['type']);
  if (type === '@outcome') {
    const kind = String((event['outcome'] as { kind?: unknown } | undefined)?.kind);
    const known = events[`${String(event['name'])}.${kind}`];
    if (known !== undefined) return known.title;
    const ending = CALL_ENDINGS[kind];
    if (ending !== undefined) return ending;
  }
  return events[type]?.title ?? RUNTIME_EVENTS[type] ?? { zh: type, en: type };
}
