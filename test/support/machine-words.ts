/**
 * What is missing from a machine's words: every state and every event it takes needs both languages; a test fails
 * without them. Timers and the root, which no one sees as a state, need none.
 */
import type { AnyStateMachine } from 'xstate';
import { nodesOf } from '../../src/actors/registry.ts';
import type { EventMeta, StateMeta, Words } from '../../src/machines/meta.ts';

export interface Worded {
  readonly machine: AnyStateMachine;
  readonly events: Readonly<Record<string, EventMeta>>;
}

const STAFF = ['viewer', 'operator', 'approver', 'sre', 'auditor', 'admin'];

/** One line for each thing that is missing, empty or belongs to nothing. */
export function findMissingWords({ machine, events }: Worded): readonly string[] {
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
  return problems;
}

function wordsMissing(what: string, meta: { readonly title: Words; readonly help: Words } | undefined): string[] {
  if (meta === undefined) return [`${what}: no words at all`];
  const texts = {
    'title.zh': meta.title.zh,
    'title.en': meta.title.en,
    'help.zh': meta.help.zh,
    'help.en': meta.help.en,
  };
  return Object.entries(texts)
    .filter(([name, text]) => text.trim() === '' || name.endsWith('zh') !== /\p{Script=Han}/u.test(text))
    .map(([name]) => `${what}: ${name} is empty or in the other language`);
}
