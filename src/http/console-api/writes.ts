/**
 * Conditions of every write on an actor: that it counts once, and that it rests on what the actor is now.
 */
import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { Address } from '../../actors/address.ts';
import type { Inspection, Receipt } from '../../actors/facade.ts';
import { OUTDATED } from '../../actors/message.ts';
import type { JournaledMessage } from '../../actors/operations.ts';
import type { ActorEvent } from '../../actors/record.ts';
import { Problem } from '../problem.ts';
import { idempotencyKeyOf } from '../withdrawal-request.ts';
import type { ConsoleDeps } from './console-deps.ts';
import { staffOf } from './guard.ts';

const ID_LENGTH = 26;
const MAX_CHANGES = 20;

/**
 * What stands for this request of this person, on every node and for ever: the same path and key give the same.
 * @throws IDEMPOTENCY_KEY_REQUIRED, IDEMPOTENCY_KEY_INVALID
 */
export function onceOf(request: FastifyRequest): string {
  const scope = [staffOf(request).name, request.method, request.url, idempotencyKeyOf(request)];
  return createHash('sha256')
    .update(JSON.stringify(scope))
    .digest('base64url')
    .replaceAll('-', '_')
    .slice(0, ID_LENGTH);
}

/**
 * @throws PRECONDITION_REQUIRED without If-Match; PRECONDITION_FAILED, with what happened since, when the actor has moved on.
 * It may yet do so: the message itself says by `ifSeq` what it was meant for.
 */
export async function assertCurrent(
  deps: Pick<ConsoleDeps, 'actors'>,
  { headers }: FastifyRequest,
  found: Inspection,
): Promise<void> {
  const { seq } = found;
  const tag = headers['if-match'];
  if (tag === undefined) throw new Problem('PRECONDITION_REQUIRED', { extra: { seq } });
  const given = /^(?:W\/)?"(\d{1,15})"$/.exec(tag.trim())?.[1];
  if (Number(given) === seq) return;
  throw await changedSince(deps, found, given === undefined ? seq : Number(given));
}

/**
 * @throws PRECONDITION_FAILED, with what happened since, when the actor moved on between the check and the message's turn.
 */
export async function assertTimely(
  deps: Pick<ConsoleDeps, 'actors'>,
  address: Address,
  since: number,
  { outcome, reason }: Pick<Receipt, 'outcome' | 'reason'>,
): Promise<void> {
  if (outcome !== 'refused' || reason?.code !== OUTDATED) return;
  const found = await deps.actors.inspect(address);
  if (found !== undefined) throw await changedSince(deps, found, since);
}

async function changedSince(
  { actors }: Pick<ConsoleDeps, 'actors'>,
  { address, seq, state }: Inspection,
  since: number,
): Promise<Problem> {
  const records = await actors.history(address, Math.max(Math.min(since, seq), seq - MAX_CHANGES), MAX_CHANGES);
  const changes = records.flatMap(({ seq: at, at: time, messages }) =>
    messages.map(({ event, cause, outcome }) => ({ seq: at, at: time, event: event.type, cause, outcome })),
  );
  return new Problem('PRECONDITION_FAILED', { extra: { seq, state, changes } });
}

/** @throws IDEMPOTENCY_KEY_REUSED when the message that this key stands for says something else. */
export function assertSame({ message }: JournaledMessage, event: ActorEvent): void {
  if (JSON.stringify(message.event) !== JSON.stringify(event)) throw new Problem('IDEMPOTENCY_KEY_REUSED');
}
