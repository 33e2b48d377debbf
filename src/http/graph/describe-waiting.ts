/** What an actor waits for, one sentence each: people and other actors, calls, timers. */
import type { Waiting, WaitingCall } from '../../actors/record.ts';
import { nodesOf } from '../../actors/registry.ts';
import { activityWords } from '../../machines/activity-words.ts';
import type { MachineEntry } from '../../machines/catalog.ts';
import type { StateMeta, Words } from '../../machines/meta.ts';
import type { Subject } from './describe.ts';
import { delayOf } from './machine-graph.ts';
import { spokenTime } from './spoken-times.ts';

const NOTHING: Words = {
  zh: '什么也不等，有新消息才会变化。',
  en: 'Waits for nothing: it changes only when a message comes.',
};

/** In the order in which they matter: who must act, what is out, what comes by itself. */
export function waitSentences(
  { entry, snapshot, now }: Subject,
  metas: readonly (StateMeta | undefined)[],
): readonly Words[] {
  const awaited = metas.flatMap((meta) => (meta?.awaits === undefined ? [] : [meta.awaits]));
  const people = awaited.map(({ zh, en }) => ({ zh: `等待${zh}。`, en: `Waits for ${en}.` }));
  const entries = [...snapshot.waiting].sort(
    (a, b) => Number(a.kind === 'timer') - Number(b.kind === 'timer') || a.dueAt - b.dueAt,
  );
  const sentences = [...people, ...entries.map((waiting) => sentenceOf(waiting, snapshot.context, entry, now))];
  return sentences.length === 0 ? [NOTHING] : sentences;
}

/** What a timer is for, or what a call asks for: the title of an entry of `waiting`. */
export function waitingTitle(waiting: Waiting, entry: Pick<MachineEntry, 'machine' | 'delays'>): Words {
  if (waiting.kind === 'call') return activityWords[waiting.activity]?.work ?? asIs(waiting.name);
  const { type } = waiting.event;
  const state = nodesOf(entry.machine.root)
    .map(({ id }) => id)
    .find((id) => type.endsWith(`.${id}`));
  const delay = state === undefined ? type : delayOf(type, state);
  return entry.delays?.[delay] ?? asIs(delay);
}

function sentenceOf(
  waiting: Waiting,
  context: Subject['snapshot']['context'],
  entry: Subject['entry'],
  now: number,
): Words {
  const title = waitingTitle(waiting, entry);
  if (waiting.kind === 'call') return callSentence(waiting, title, context, now);
  const due = spokenTime(waiting.dueAt, now);
  if (waiting.dueAt <= now)
    return { zh: `${due.zh} 已到时：${title.zh}，马上处理。`, en: `Due since ${due.en}: ${title.en}.` };
  return { zh: `${due.zh}：${title.zh}。`, en: `At ${due.en}: ${title.en}.` };
}

function callSentence(call: WaitingCall, work: Words, context: Subject['snapshot']['context'], now: number): Words {
  const words = activityWords[call.activity];
  const partner = words?.partner ?? asIs(call.activity);
  const count = words?.tryOf?.(context) ?? call.attempt;
  const zh = count > 1 ? `（第 ${count} 次）` : '';
  const en = count > 1 ? ` (try ${count})` : '';
  const due = spokenTime(call.dueAt, now);
  switch (call.phase) {
    case 'sent':
      return {
        zh: `等待${partner.zh}答复：${work.zh}${zh}；到${due.zh} 仍无答复则按结果未知处理。`,
        en: `Waits for ${partner.en}’s answer to ${work.en}${en}; without one by ${due.en} it counts as unknown.`,
      };
    case 'backoff':
      return {
        zh: `${partner.zh}没有正常答复：${work.zh}${zh}；${due.zh} 再试。`,
        en: `${partner.en} gave no usable answer to ${work.en}${en}; tried again at ${due.en}.`,
      };
    case 'postponed':
      return {
        zh: `${work.zh}已推迟，确定没有执行；${due.zh} 再发给${partner.zh}。`,
        en: `Postponed, certainly not done: ${work.en} goes to ${partner.en} at ${due.en}.`,
      };
  }
}

function asIs(name: string): Words {
  return { zh: name, en: name };
}
