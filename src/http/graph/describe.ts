/**
 * "What is going on", in sentences anyone on the staff can read out: where an actor is, what it waits for, what is wrong,
 * what the customer sees and is to be told, and what whoever reads it may do.
 *
 * Pure: everything is said from the snapshot, the machine's words and what the caller passes in.
 */
import type { AnyStateNode } from 'xstate';
import type { DependencyView } from '../../actors/dependencies.ts';
import type { UndeliveredTell } from '../../actors/ports.ts';
import type { StoredSnapshot } from '../../actors/record.ts';
import type { MachineEntry } from '../../machines/catalog.ts';
import type { StaffRole, StateMeta, Words } from '../../machines/meta.ts';
import { actionSentence, troubleSentences } from './describe-trouble.ts';
import { waitSentences } from './describe-waiting.ts';
import { join } from './join-words.ts';
import { activeNodes } from './machine-graph.ts';
import { spokenSpan } from './spoken-times.ts';

export interface Sentence {
  readonly kind: 'where' | 'waits' | 'trouble' | 'customer' | 'answer' | 'may';
  readonly text: Words;
}

export interface Subject {
  readonly entry: Pick<MachineEntry, 'type' | 'machine' | 'events' | 'delays'>;
  readonly snapshot: StoredSnapshot;
  /** When it is looked at; of a past moment, that moment. */
  readonly now: number;
  /** A past moment says nothing about what is live: partners, undelivered messages, actions. */
  readonly live: {
    readonly role: StaffRole;
    readonly dependencies: readonly DependencyView[];
    readonly undelivered: readonly UndeliveredTell[];
    /** Messages set aside because their step failed, and not replayed since. */
    readonly parkedCount: number;
  } | null;
}

/** The sentences, in reading order. A state that this version of the machine does not know is only named. */
export function describe(subject: Subject): readonly Sentence[] {
  const active = activeIn(subject);
  if (active === null) {
    const name = JSON.stringify(subject.snapshot.value);
    const text = {
      zh: `处于 ${name}，这个状态来自另一个版本的状态机，这里无法解释。`,
      en: `It is in ${name}, a state of another version of its machine that cannot be explained here.`,
    };
    return [{ kind: 'where', text }];
  }
  const metas = active.map(({ meta }) => meta as StateMeta | undefined);
  const spoken = (part: 'customer' | 'answer'): Sentence[] => {
    const words = metas.findLast((meta) => meta?.[part] !== undefined)?.[part];
    return words === undefined ? [] : [{ kind: part, text: words }];
  };
  return [
    { kind: 'where', text: whereText(subject, active) },
    ...waitSentences(subject, metas).map((text) => ({ kind: 'waits', text }) as const),
    ...troubleSentences(subject, metas).map((text) => ({ kind: 'trouble', text }) as const),
    ...spoken('customer'),
    ...spoken('answer'),
    ...(subject.live === null ? [] : [{ kind: 'may', text: actionSentence(subject, subject.live.role) } as const]),
  ];
}

function activeIn({ entry, snapshot }: Subject): readonly AnyStateNode[] | null {
  try {
    return activeNodes(entry.machine, snapshot.value);
  } catch {
    return null;
  }
}

function whereText({ snapshot, now, live }: Subject, active: readonly AnyStateNode[]): Words {
  const leaves = active.filter(({ type }) => type === 'atomic' || type === 'final');
  const title = join(leaves.map(pathOf), '；', '; ');
  const help = join(
    leaves.flatMap(({ meta }) => (meta === undefined ? [] : [(meta as StateMeta).help])),
    '',
    ' ',
  );
  const age = live === null ? { zh: '', en: '' } : ageText(snapshot, now, active);
  return { zh: `${title.zh}${age.zh}。${help.zh}`, en: `${title.en}${age.en}. ${help.en}` };
}

/** `打款中 › 结果未知`, without the machine itself. */
function pathOf(leaf: AnyStateNode): Words {
  const nodes: AnyStateNode[] = [];
  for (let node: AnyStateNode | undefined = leaf; node?.parent !== undefined; node = node.parent) nodes.unshift(node);
  return join(
    nodes.map(({ key, meta }) => (meta as StateMeta | undefined)?.title ?? { zh: key, en: key }),
    ' › ',
    ' › ',
  );
}

/** How long it has been there, and whether that is longer than normal. */
function ageText({ since, status }: StoredSnapshot, now: number, active: readonly AnyStateNode[]): Words {
  if (status !== 'active') return { zh: '', en: '' };
  const age = spokenSpan(now - since);
  const limits = active
    .map(({ meta }) => (meta as StateMeta | undefined)?.slaSeconds ?? 0)
    .filter((seconds) => seconds > 0);
  const limitMs = Math.min(...limits) * 1000;
  if (now - since <= limitMs) return { zh: `，已 ${age.zh}`, en: `, for ${age.en}` };
  const limit = spokenSpan(limitMs);
  return {
    zh: `，已 ${age.zh}，超过正常的 ${limit.zh}`,
    en: `, for ${age.en}, longer than the normal ${limit.en}`,
  };
}
