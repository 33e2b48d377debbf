import { toAddress } from '../../actors/address.ts';
import type { Inspection } from '../../actors/facade.ts';
import type { ActorEvent, JsonObject } from '../../actors/record.ts';
import type { ApprovalRequest } from '../../machines/approval.ts';
import { type JobContext, type JobCreate, jobListing } from '../../machines/job.ts';
import { Problem } from '../problem.ts';
import { actionFor, assertTicket, type KnownAction, needsSecond } from './action-policy.ts';
import { askSecond, titleOf } from './action-routes.ts';
import type { Job, JobDetail, JobPreview, JobRequest } from './action-schemas.ts';
import type { Cards } from './cards.ts';
import type { ConsoleRouteDeps, Staff } from './console-deps.ts';
import { agreed, amountOf, eventOf, previewOf } from './foresights.ts';
import { refusalIn, refusalOf } from './refusals.ts';

const SAMPLES = 5;
/** Actors looked at together. */
const READ_CHUNK = 50;
const DEFAULT_PER_SECOND = 5;

type Selection = Pick<JobRequest, 'type' | 'ids' | 'event'>;

interface Plan {
  readonly action: KnownAction;
  readonly found: readonly Inspection[];
  readonly missing: readonly string[];
  readonly amountFen: number | null;
  readonly needsApproval: boolean;
}

/**
 * What a job on these actors would be: who is there, how much money it is about, whether a second person has to agree, as
 * for any one of them or for all together.
 * @throws MACHINE_UNKNOWN, ACTION_UNKNOWN, ROLE_REQUIRED, BULK_NOT_POSSIBLE, BULK_NOTHING_LEFT
 */
async function planJob(deps: ConsoleRouteDeps, { type, ids, event }: Selection, { role }: Staff): Promise<Plan> {
  const action = actionFor(deps.cards.entry(type), event, role);
  if (!action.policy.isBulk) throw new Problem('BULK_NOT_POSSIBLE', { extra: { event } });
  const found: Inspection[] = [];
  const amounts: (number | null)[] = [];
  const missing: string[] = [];
  for (let from = 0; from < ids.length; from += READ_CHUNK) {
    const chunk = ids.slice(from, from + READ_CHUNK);
    const seen = await Promise.all(
      chunk.map(async (id) => {
        const one = await deps.actors.inspect(toAddress(type, id));
        return { id, one, amount: one === undefined ? null : await amountOf(deps, one) };
      }),
    );
    for (const { id, one, amount } of seen) {
      if (one === undefined) {
        missing.push(id);
        continue;
      }
      found.push(one);
      amounts.push(amount);
    }
  }
  if (found.length === 0) throw new Problem('BULK_NOTHING_LEFT', { extra: { missing } });
  const known = amounts.filter((amount) => amount !== null);
  const amountFen = known.length === 0 ? null : known.reduce((sum, amount) => sum + amount, 0);
  const { fourEyes } = deps;
  const needsApproval =
    found.length > fourEyes.jobItems ||
    (amountFen ?? 0) > fourEyes.jobFen ||
    amounts.some((amount) => needsSecond(action.policy, amount, fourEyes));
  return { action, found, missing, amountFen, needsApproval };
}

/** The dry run of a job: its figures, and what would happen to the first few. */
export async function previewJob(deps: ConsoleRouteDeps, selection: Selection, staff: Staff): Promise<JobPreview> {
  const { action, found, missing, amountFen, needsApproval } = await planJob(deps, selection, staff);
  const sent = eventOf(action, { by: staff.name, approval: 'preview' });
  const event = needsApproval ? agreed(sent) : sent;
  const samples = await Promise.all(
    found.slice(0, SAMPLES).map(async ({ address }) => ({
      id: address.slice(address.indexOf('/') + 1),
      preview: await previewOf(deps, address, event, { action, amountFen: null }),
    })),
  );
  return { count: found.length, missing: [...missing], amountFen, needsApproval, samples };
}

/**
 * Makes the job that this request stands for, once, and asks for its approval where it needs one. Repeated, it goes on
 * where it was interrupted.
 * @throws as `planJob`; VALIDATION_FAILED without a ticket that the action needs; IDEMPOTENCY_KEY_REUSED
 */
export async function makeJob(
  deps: ConsoleRouteDeps,
  asked: JobRequest,
  { staff, once, trace }: { readonly staff: Staff; readonly once: string; readonly trace: string },
): Promise<Inspection> {
  const address = toAddress('job', `job_${once}`);
  const approval = `ap_${once}`;
  const known = await deps.operations.find(address, 'create');
  const create = known === undefined ? await toCreate(deps, asked, staff, approval) : plannedIn(known.message.event);
  if (known !== undefined) assertSameJob(create, asked);
  const { reason, reasonCode, ticket = null } = asked;
  const cause = `staff:${staff.name}`;
  const options = { id: 'create', cause, trace, repeatable: true, awaitHead: true };
  const receipt = await deps.actors.send(address, { ...create } as unknown as ActorEvent, options);
  if (receipt.outcome === 'parked') throw new Problem('REQUEST_PARKED');
  if (create.approval !== null) {
    const { seq } = receipt;
    const wanted: ApprovalRequest = {
      type: 'request',
      to: address,
      event: { type: 'start', by: staff.name },
      otherwise: { type: 'reject' },
      by: staff.name,
      reason,
      reasonCode,
      ticket,
      amountFen: create.amountFen,
      seq,
      state: 'awaiting',
    };
    await askSecond(deps, create.approval, wanted, trace);
  }
  const made = await deps.actors.inspect(address);
  if (made === undefined) throw new Problem('ACTOR_NOT_FOUND');
  return made;
}

async function toCreate(deps: ConsoleRouteDeps, asked: JobRequest, staff: Staff, approval: string): Promise<JobCreate> {
  const { action, amountFen, needsApproval } = await planJob(deps, asked, staff);
  assertTicket(action, asked);
  const { type, ids, reason, reasonCode, ticket, perSecond = DEFAULT_PER_SECOND } = asked;
  return {
    type: 'create',
    of: type,
    ids,
    event: eventOf(action, {
      by: staff.name,
      approval,
      reason,
      reasonCode,
      ...(ticket === undefined ? {} : { ticket }),
    }),
    by: staff.name,
    reason,
    ticket: ticket ?? null,
    amountFen,
    perSecond,
    approval: needsApproval ? approval : null,
  };
}

function plannedIn(event: JsonObject): JobCreate {
  return event as unknown as JobCreate;
}

/** @throws IDEMPOTENCY_KEY_REUSED */
function assertSameJob(create: JobCreate, asked: JobRequest): void {
  const isSame =
    create.of === asked.type &&
    create.event.type === asked.event &&
    create.reason === asked.reason &&
    JSON.stringify(create.ids) === JSON.stringify(asked.ids);
  if (!isSame) throw new Problem('IDEMPOTENCY_KEY_REUSED');
}

/** A job as its list shows it. */
export function toJob(
  cards: Cards,
  id: string,
  { seq, status, view }: { readonly seq: number; readonly status: string; readonly view: JsonObject },
): Job {
  const shown = view as unknown as ReturnType<typeof jobListing>['view'];
  const { by, type, event, ...rest } = shown;
  return {
    ...rest,
    id,
    seq,
    state: status as Job['state'],
    type,
    event,
    title: titleOf(cards, `${type}/-`, event),
    createdBy: by,
  };
}

/** A job with every item's outcome. */
export function toJobDetail(cards: Cards, { seq, state, snapshot }: Inspection): JobDetail {
  const context = snapshot.context as unknown as JobContext;
  const { status, view } = jobListing(context, state);
  const { plan, results } = context;
  return {
    job: toJob(cards, context.id, { seq, status, view: view as unknown as JsonObject }),
    items: (plan?.ids ?? []).map((id, n) => {
      const result = results[n] ?? null;
      if (result === null) return { id, outcome: null, seq: null, refusal: null };
      const { outcome, code } = result;
      const refusal = code === undefined ? refusalIn({ outcome }) : refusalOf({ code });
      return { id, outcome, seq: outcome === 'missing' ? null : result.seq, refusal };
    }),
  };
}
