import { idOf } from '../../actors/address.ts';
import type { App } from '../deps.ts';
import { listApprovals } from './approval-routes.ts';
import type { ConsoleRouteDeps } from './console-deps.ts';
import { readDependencies } from './dependency-routes.ts';
import { followedBy } from './desk-routes.ts';
import { staffOf } from './guard.ts';
import { readIncidents } from './incidents.ts';
import { toJob } from './jobs.ts';
import { stateTitle } from './machine-words.ts';
import { Home } from './operation-schemas.ts';

const SHOWN = 20;
/** Among so many of the newest are those that wait for this person. */
const SOUGHT = 100;
const OPEN_JOBS = ['awaiting', 'running', 'paused'] as const;

/** Where a working day starts: what waits for this person, and what is wrong. */
export function homeRoutes(app: App, deps: ConsoleRouteDeps): void {
  const { actors, cards, census, clock } = deps;
  app.get('/console/api/home', { schema: { response: { 200: Home } } }, async (request) => {
    const [followed, approvals, reviews, incidents, jobs, counted, dependencies, nodes] = await Promise.all([
      followedBy(deps, staffOf(request)),
      listApprovals(deps, staffOf(request), { state: 'requested', limit: SOUGHT }),
      listApprovals(deps, staffOf(request), { state: 'unreviewed', limit: SOUGHT }),
      readIncidents(deps),
      Promise.all(OPEN_JOBS.map((status) => actors.heads({ type: 'job', status, limit: SHOWN }))),
      census.read(),
      readDependencies(deps),
      actors.nodes(),
    ]);
    return {
      now: clock.now(),
      followed,
      approvals: approvals.filter(({ canDecide }) => canDecide).slice(0, SHOWN),
      reviews: reviews.filter(({ canReview }) => canReview).slice(0, SHOWN),
      incidents: incidents.filter(({ status }) => status === 'open').slice(0, SHOWN),
      processes: nodes
        .flatMap(({ id, role, startedAt, status }) => (status === 'retired' ? [] : [{ id, role, startedAt, status }]))
        .sort((a, b) => b.startedAt - a.startedAt)
        .slice(0, SHOWN),
      jobs: jobs.flat().map((head) => toJob(cards, idOf(head.actor), head)),
      overdue: (counted?.states ?? [])
        .filter(({ type, overdue }) => overdue > 0 && cards.has(type))
        .map(({ type, state, overdue }) => ({
          type,
          state,
          title: stateTitle(cards.entry(type), state),
          count: overdue,
        })),
      dependencies: dependencies.map(({ dependency, policy, state, hold }) => {
        return { dependency, policy, state, isHeld: hold !== null };
      }),
    };
  });
}
