/**
 * What is missing from a machine's words: every state, every event it takes, every guard and every delay of a timer needs
 * both languages; a test fails without them. A root without words needs none.
 */
import type { AnyStateMachine } from 'xstate';
import { guardName } from '../../src/actors/edge.ts';
import { nodesOf } from '../../src/actors/registry.ts';
import type { EventMeta, StateMeta, Words } from '../../src/machines/meta.ts';

export interface Worded {
  readonly machine: AnyStateMachine;
  readonly events: Readonly<Record<string, EventMeta>>;
  readonly guards?: Readonly<Record<string, Words>>;
  readonly delays?: Readonly<Record<string, Words>>;
}

const STAFF = ['viewer', 'operator', 'approver', 'sre', 'auditor', 'admin'];

/** One line for each thing that is missing, empty or belongs to nothing. */
export function findMissingWords({ machine, events, guards = {}, delays = {} }: Worded): readonly string[] {
  const problems: string[] = [];
  for (const node of nodesOf(machine.root)) {
    const meta = node.meta as StateMeta | undefined;
    if (node === machine.root && meta === undefined) continue;
    problems.push(...wordsMissing(`state ${node.id}`, meta));
    if (meta !== undefined && !(Number.isInteger(meta.slaSeconds) && meta.slaSeconds >= 0)) {
      problems.push(`state ${node.id}: slaSeconds is ${meta.slaSeconds}`);
    }
  }
  const taken = new Set(machine.events.filter((type) => !type.startsWith('xstate.')));
  for (const type of taken) {
    problems.push(...wordsMissing(`event ${type}`, events[type]));
    if (events[type]?.sentBy.some((role) => !STAFF.includes(role))) problems.push(`event ${type}: unknown role`);
  }
  for (const type of Object.keys(events)) if (!taken.has(type)) problems.push(`event ${type}: no state takes it`);
  problems.push(...conditionProblems('guard', guardsOf(machine), guards));
  problems.push(...conditionProblems('delay', delaysOf(machine), delays));
  return problems;
}

function conditionProblems(
  what: string,
  used: ReadonlySet<string>,
  words: Readonly<Record<string, Words>>,
): readonly string[] {
  const missing = [...used].flatMap((name) => {
    const { zh = '', en = '' } = words[name] ?? {};
    return languageProblems(`${what} ${name}`, { zh, en });
  });
  const unused = Object.keys(words).filter((name) => !used.has(name));
  return [...missing, ...unused.map((name) => `${what} ${name}: nothing uses it`)];
}

function guardsOf(machine: AnyStateMachine): ReadonlySet<string> {
  const transitions = nodesOf(machine.root).flatMap((node) => [...node.transitions.values(), node.always ?? []].flat());
  return new Set(transitions.flatMap(({ guard }) => (guard === undefined ? [] : [guardName(guard)])));
}

function delaysOf(machine: AnyStateMachine): ReadonlySet<string> {
  return new Set(nodesOf(machine.root).flatMap((node) => node.after.map(({ delay }) => String(delay))));
}

function wordsMissing(what: string, meta: EventMeta | StateMeta | undefined): string[] {
  if (meta === undefined) return [`${what}: no words at all`];
  const { title, help, customer, answer, awaits } = meta as StateMeta;
  const texts = { title, help, customer, answer, awaits };
  return Object.entries(texts).flatMap(([name, words]) =>
    words === undefined ? [] : languageProblems(`${what}: ${name}`, words),
  );
}

function languageProblems(what: string, { zh, en }: Words): string[] {
  return Object.entries({ zh, en })
    .filter(
      ([name, text]) => text.trim() === '' || (name === 'zh') !== /\p{Script=Han}/u.test(text.replace(/“.*?”/g, '')),
    )
    .map(([name]) => `${what}.${name} is empty or in the other language`);
}
