/** What is wrong, and what may be done about it, as sentences. */
import type { DependencyView } from '../../actors/dependencies.ts';
import type { JsonObject } from '../../actors/record.ts';
import { partnerWords } from '../../machines/activity-words.ts';
import type { StaffRole, StateMeta, Words } from '../../machines/meta.ts';
import { PROBLEMS } from '../problem-codes.ts';
import type { Subject } from './describe.ts';
import { join } from './join-words.ts';
import { type PossibleEvent, possibleEvents } from './possible-events.ts';
import { spokenSpan, spokenTime } from './spoken-times.ts';

const ROLES: Record<StaffRole, Words> = {
  viewer: { zh: '查看员', en: 'viewer' },
  operator: { zh: '客服', en: 'operator' },
  approver: { zh: '审批人', en: 'approver' },
  sre: { zh: '运维', en: 'SRE' },
  auditor: { zh: '审计员', en: 'auditor' },
  admin: { zh: '管理员', en: 'admin' },
};

/** How machines refuse what one person says alone; the console asks a second one. */
const SECOND_PERSON = 'SECOND_PERSON_REQUIRED';
const WITH_A_SECOND: Words = { zh: '（须第二人同意）', en: '(with a second person)' };

/** Where machines keep what went wrong last, and what to call it. */
const TROUBLES: Readonly<Record<string, Words>> = {
  incident: { zh: '异常', en: 'Incident' },
  trouble: { zh: '最近的问题', en: 'Last trouble' },
  lastError: { zh: '最近的错误', en: 'Last error' },
  refusal: { zh: '已有明确拒绝，待确认', en: 'A definite no, yet to be confirmed' },
};

/** Recorded trouble, partners that do not take calls, messages that did not arrive or were set aside. */
export function troubleSentences(
  { snapshot, now, live }: Subject,
  metas: readonly (StateMeta | undefined)[],
): readonly Words[] {
  const recorded = recordedTroubles(snapshot.context);
  if (live === null) return recorded;
  const partners = new Set(metas.flatMap((meta) => meta?.dependsOn ?? []));
  const views = live.dependencies.filter(({ dependency }) => (partners as ReadonlySet<string>).has(dependency));
  const { undelivered, parkedCount } = live;
  const oldest = spokenSpan(now - Math.min(...undelivered.map(({ since }) => since)));
  return [
    ...recorded,
    ...views.flatMap((view) => dependencySentences(view, now)),
    ...(undelivered.length === 0
      ? []
      : [
          {
            zh: `有 ${undelivered.length} 条消息还没有送达，最早的已等 ${oldest.zh}，系统会一直重试。`,
            en: `${undelivered.length} messages to it have not arrived, the oldest for ${oldest.en}; they are retried until they do.`,
          },
        ]),
    ...(parkedCount === 0
      ? []
      : [
          {
            zh: `有 ${parkedCount} 条消息处理失败被搁置，请工程师查看后重放。`,
            en: `${parkedCount} messages failed and were set aside; an engineer should look at them and replay them.`,
          },
        ]),
  ];
}

function recordedTroubles(context: JsonObject): Words[] {
  const kept = Object.entries(TROUBLES).flatMap(([name, title]) => {
    const found = context[name] as { readonly code?: string; readonly detail?: string | null } | null | undefined;
    if (found?.code === undefined) return [];
    const detail = found.detail == null ? '' : ` (${found.detail})`;
    const code = codeWords(found.code);
    return [{ zh: `${title.zh}：${code.zh}${detail}。`, en: `${title.en}: ${code.en}${detail}.` }];
  });
  const { reason, end } = context;
  if (typeof reason !== 'string' || end !== 'failed') return kept;
  const code = codeWords(reason);
  return [...kept, { zh: `没有付款的原因：${code.zh}。`, en: `Why it was not paid: ${code.en}.` }];
}

/** The code, with its title when the product has words for it. */
function codeWords(code: string): Words {
  const title = (PROBLEMS as Readonly<Record<string, { readonly title: Words } | undefined>>)[code]?.title;
  return title === undefined ? { zh: code, en: code } : { zh: `${title.zh} ${code}`, en: `${title.en}, ${code}` };
}

function dependencySentences(
  { dependency, policy, state, nextProbeAt, hold, quotas }: DependencyView,
  now: number,
): Words[] {
  const partner = partnerWords[dependency] ?? { zh: dependency, en: dependency };
  const name = { zh: `${partner.zh}（${policy}）`, en: `${partner.en} (${policy})` };
  const banned = quotas.flatMap(({ bannedUntil }) => (bannedUntil !== null && bannedUntil > now ? [bannedUntil] : []));
  const limits = banned.slice(0, 1).map((until) => {
    const time = spokenTime(until, now);
    return { zh: `${name.zh}限制调用，直到${time.zh}。`, en: `${name.en} refuses calls until ${time.en}.` };
  });
  if (hold !== null) {
    const until = spokenTime(hold.until, now);
    return [
      {
        zh: `${name.zh}由 ${hold.by} 暂停到${until.zh}：${hold.reason}。`,
        en: `${name.en} is held by ${hold.by} until ${until.en}: ${hold.reason}.`,
      },
      ...limits,
    ];
  }
  const next = nextProbeAt === null ? null : spokenTime(nextProbeAt, now);
  if (state === 'open' && next !== null) {
    const zh = `${name.zh}故障，熔断中，${next.zh} 试探恢复。`;
    return [{ zh, en: `${name.en} fails and is cut off; it is tried again at ${next.en}.` }, ...limits];
  }
  if (state === 'open' || state === 'probe_due' || state === 'half_open') {
    return [
      { zh: `${name.zh}刚出过故障，正在试探恢复。`, en: `${name.en} failed and is being tried again.` },
      ...limits,
    ];
  }
  return limits;
}

/** What this role may do now, and what another role may. */
export function actionSentence({ entry, snapshot, now }: Subject, role: StaffRole): Words {
  const possible = possibleEvents(entry, snapshot, now).filter(
    ({ refusal }) => refusal === null || refusal.code === SECOND_PERSON,
  );
  const own = possible.filter(({ sentBy }) => sentBy.includes(role));
  const others = possible.filter(({ sentBy }) => !sentBy.includes(role));
  if (possible.length === 0) return { zh: '现在没有需要人工做的事。', en: 'There is nothing for a person to do now.' };
  const byRoles = Map.groupBy(others, ({ sentBy }) => sentBy.join());
  const parts = [
    ...(own.length === 0 ? [] : [titled({ zh: '你可以', en: 'You may' }, own)]),
    ...[...byRoles.values()].map((events) => {
      const names = events[0]?.sentBy.map((name) => ROLES[name]) ?? [];
      const { zh, en } = join(names, '或', ' or ');
      return titled({ zh: `${zh}可以`, en: `A person with the role ${en} may` }, events);
    }),
  ];
  return join(parts, '', ' ');
}

function titled(who: Words, events: readonly PossibleEvent[]): Words {
  const titles = events.map(({ title, refusal }) => (refusal === null ? title : join([title, WITH_A_SECOND], '', ' ')));
  const all = join(titles, '、', ', ');
  return { zh: `${who.zh}：${all.zh}。`, en: `${who.en}: ${all.en}.` };
}
