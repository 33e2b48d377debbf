import type { Dependencies, DependencyView, QuotaView } from '../../actors/dependencies.ts';
import { toRfc3339, toRfc3339OrNull } from '../times.ts';
import type { OpsDeps, WaitingActors } from './ops-deps.ts';

/** Everything about the partners as of now: one entry per policy, and who waits for which partner. */
export async function readDependencies({ dependencies, waiting }: OpsDeps) {
  const waits = (await waiting()).map(toWaiting);
  return { data: dependencies.snapshot().map(toPolicy), waiting: waits };
}

/** One policy as of now; it is known to be there. */
export function readPolicy(dependencies: Dependencies, dependency: string, policy: string) {
  const view = dependencies.snapshot().find((one) => one.dependency === dependency && one.policy === policy);
  return view === undefined ? undefined : toPolicy(view);
}

function toPolicy(view: DependencyView) {
  const { openedAt, nextProbeAt, quotas, hold, limitChange, transitions, transitionCounts: _, ...rest } = view;
  return {
    ...rest,
    openedAt: toRfc3339OrNull(openedAt),
    nextProbeAt: toRfc3339OrNull(nextProbeAt),
    quotas: quotas.map(toQuota),
    hold: hold === null ? null : { ...hold, until: toRfc3339(hold.until) },
    limitChange: limitChange === null ? null : { ...limitChange, until: toRfc3339(limitChange.until) },
    transitions: transitions.map(({ at, ...change }) => ({ at: toRfc3339(at), ...change })),
  };
}

function toQuota({ resetsAt, bannedUntil, ...quota }: QuotaView) {
  return { ...quota, resetsAt: toRfc3339OrNull(resetsAt), bannedUntil: toRfc3339OrNull(bannedUntil) };
}

function toWaiting({ oldestSince, ...waiting }: WaitingActors) {
  return { ...waiting, oldestSince: toRfc3339(oldestSince) };
}
