import type { JournalRecord } from '../../actors/record.ts';
import { ANY_STAFF } from './access.ts';
import type { ConsoleRouteDeps } from './console-deps.ts';
import type { ListTopic } from './stream-topics.ts';

type Deps = Pick<ConsoleRouteDeps, 'actors' | 'census' | 'dependencies'>;

const SHOWN = 50;

/**
 * What the console shows live as a whole. Each tells what makes a list another: ids, seqs and counts. What one of staff may
 * see of it they ask for by GET.
 */
export function workTopics(deps: Deps): Readonly<Record<string, ListTopic>> {
  const { actors, census, dependencies } = deps;
  const listOf = (type: string): ListTopic => ({
    roles: ANY_STAFF,
    read: async () =>
      (await actors.heads({ type, limit: SHOWN })).map(({ actor, seq, status }) => ({ actor, seq, status })),
    watch: (changed) => actors.onCommit((record: JournalRecord) => record.actor.startsWith(`${type}/`) && changed()),
  });
  return {
    approvals: listOf('approval'),
    jobs: listOf('job'),
    desks: listOf('desk'),
    counts: {
      roles: ANY_STAFF,
      read: async () => ({
        states: (await census.read())?.states ?? [],
        owned: (await actors.heads({ type: 'incident', limit: SHOWN })).map(({ actor, seq }) => ({ actor, seq })),
      }),
      watch: (changed) => actors.onCommit(changed),
    },
    dependencies: {
      roles: ANY_STAFF,
      read: async () => dependencies.snapshot(),
      watch: (changed) => dependencies.subscribe(changed),
    },
  };
}
