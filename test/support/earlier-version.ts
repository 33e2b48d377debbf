/**
 * What programs left behind that ran other versions of the member's machine: one kept its chart, one did not.
 */
import type { Journal, Projections } from '../../src/actors/ports.ts';
import type { JournalRecord, JsonObject } from '../../src/actors/record.ts';
import type { MachineGraph } from '../../src/http/graph/graph-types.ts';
import { recordOf } from './journal-records.ts';
import { headOf } from './projected.ts';

/** Its chart is `earlier`. */
export const OLD = 'member@00000000000a';
/** Nobody kept its chart. */
export const LOST = 'member@00000000000b';
export const WAKE = 'member.asleep|wake|member.awake';

const words = (text: string) => ({ zh: text, en: text });
const node = (id: string, parent: string | null, title: string): MachineGraph['nodes'][number] => ({
  id,
  parent,
  kind: parent === null ? 'compound' : 'atomic',
  title: words(title),
  help: words(''),
  slaSeconds: 0,
  isTransient: false,
  initial: parent === null ? 'member.asleep' : null,
});

/** What a member was then. */
export const earlier: MachineGraph = {
  type: 'member',
  version: OLD,
  revision: 'r1',
  nodes: [
    node('member', null, 'Old member'),
    node('member.asleep', 'member', 'Asleep'),
    node('member.awake', 'member', 'Awake'),
  ],
  edges: [
    {
      id: WAKE,
      kind: 'event',
      source: 'member.asleep',
      targets: ['member.awake'],
      event: 'wake',
      guard: null,
      label: words('Wake'),
      isRefusal: false,
      rank: 0,
    },
  ],
};

/** The record of a member of that version, which took `edge` into `state`. */
export function memberRecord(id: string, seq: number, machine: string, state: string, edge = WAKE): JournalRecord {
  return recordOf(`member/${id}`, seq, {
    machine,
    messages: [{ id: `m-${seq}`, event: { type: 'wake' }, cause: `api:${id}`, edges: [edge], outcome: 'done' }],
    snapshot: { value: state, context: { id }, status: 'active', since: 0, waiting: [] },
  });
}

/** Two members, `early` (of `OLD`, two steps) and `lost` (of `LOST`, one), with the chart of the first. */
export async function leaveMembers(journal: Journal, projections: Projections): Promise<void> {
  const context = { id: OLD, createdAt: 0, graph: earlier as unknown as JsonObject };
  await journal.append([
    recordOf(`chart/${OLD}`, 1, { snapshot: { value: 'kept', context, status: 'active', since: 0, waiting: [] } }),
    memberRecord('early', 1, OLD, 'asleep', 'member||member.asleep'),
    memberRecord('lost', 1, LOST, 'drifting'),
  ]);
  await journal.append([memberRecord('early', 2, OLD, 'awake')]);
  await projections.project(
    [
      headOf(`chart/${OLD}`, 1, { state: 'kept', status: 'member', owner: null, view: { version: OLD } }),
      headOf('member/early', 2, { machine: OLD, state: 'awake', status: 'awake', owner: null }),
      headOf('member/lost', 1, { machine: LOST, state: 'drifting', status: 'drifting', owner: null }),
    ],
    [],
  );
}
