import { toAddress } from '../../actors/address.ts';
import type { ActorEvent } from '../../actors/record.ts';
import type { App } from '../deps.ts';
import { Problem } from '../problem.ts';
import { DecisionRequest, IdPath } from './action-schemas.ts';
import type { ConsoleRouteDeps } from './console-deps.ts';
import { staffOf } from './guard.ts';
import { type FoundIncident, readIncidents } from './incidents.ts';
import { Incident, IncidentDetail, Incidents, SnoozeRequest } from './operation-schemas.ts';
import { problemIn } from './refusals.ts';

const SHOWN_ITEMS = 200;
const MINUTE_MS = 60_000;

/** What is wrong right now, and who looks after it. */
export function incidentRoutes(app: App, deps: ConsoleRouteDeps): void {
  const { actors, cards, clock } = deps;

  app.get('/console/api/incidents', { schema: { response: { 200: Incidents } } }, async () => ({
    now: clock.now(),
    data: await readIncidents(deps),
  }));

  app.get(
    '/console/api/incidents/:id',
    { schema: { params: IdPath, response: { 200: IncidentDetail } } },
    async (request) => {
      const incident = await findIncident(request.params.id);
      const found = await Promise.all(incident.actors.slice(0, SHOWN_ITEMS).map((address) => actors.inspect(address)));
      const items = found.flatMap((one) => (one === undefined ? [] : cards.ofInspection(one)));
      return { now: clock.now(), incident, items };
    },
  );

  app.post(
    '/console/api/incidents/:id/acknowledge',
    { schema: { params: IdPath, body: DecisionRequest, response: { 200: Incident } } },
    async (request) => {
      const { id } = request.params;
      request.audited.subject = `incident/${id}`;
      const { name } = staffOf(request);
      const event = { type: 'acknowledge', by: name, reason: request.body.reason };
      return own(id, event, { name, trace: request.trace.traceparent });
    },
  );

  app.post(
    '/console/api/incidents/:id/snooze',
    { schema: { params: IdPath, body: SnoozeRequest, response: { 200: Incident } } },
    async (request) => {
      const { id } = request.params;
      const { reason, minutes } = request.body;
      request.audited = { subject: `incident/${id}`, detail: { minutes } };
      const { name } = staffOf(request);
      const event = { type: 'snooze', by: name, reason, until: clock.now() + minutes * MINUTE_MS };
      return own(id, event, { name, trace: request.trace.traceparent });
    },
  );

  /** @throws INCIDENT_OVER */
  async function findIncident(id: string): Promise<FoundIncident> {
    const incident = (await readIncidents(deps)).find((one) => one.id === id);
    if (incident === undefined) throw new Problem('INCIDENT_OVER');
    return incident;
  }

  async function own(
    id: string,
    event: ActorEvent,
    { name, trace }: { readonly name: string; readonly trace: string },
  ): Promise<FoundIncident> {
    const { type, state, cause, errorClass, dependency } = await findIncident(id);
    const group = { type, state, cause, errorClass, dependency };
    const options = { cause: `staff:${name}`, trace, awaitHead: true };
    const receipt = await actors.send(toAddress('incident', id), { ...event, group }, options);
    const problem = problemIn(receipt, { state, seq: receipt.seq });
    if (problem !== undefined) throw problem;
    return findIncident(id);
  }
}
