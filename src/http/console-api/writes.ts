/**
 * Conditions of every write on an actor: that it counts once, and that it rests on what the actor is now.
 */
import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { Inspection } from '../../actors/facade.ts';
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
 */
export async function assertCurrent(
  { actors }: Pick<ConsoleDeps, 'actors'>,
  { headers }: FastifyRequest,
  { address, seq, state }: Inspection,
): Promise<void> {
  const tag = headers['if-match'];
  if (tag === undefined) throw new Problem('PRECONDITION_REQUIRED', { extra: { seq } });
  const given = /^(?:W\/)?"(\d{1,15})"$/.exec(tag.trim())?.[1];
  if (Number(given) === seq) return;
  const since = given === undefined || Number(given) > seq ? seq : Number(given);
  const records = await actors.history(address, Math.max(since, seq - MAX_CHANGES), MAX_CHANGES);
  const changes = records.flatMap(({ seq: at, at: time, messages }) =>
    messages.map(({ event, cause, outcome }) => ({ seq: at, at: time, event: event.type, cause, outcome })),
  );
  throw new Problem('PRECONDITION_FAILED', { extra: { seq, state, changes } });
}

/** @throws IDEMPOTENCY_KEY_REUSED when the message that this key stands for says something else. */
export function assertSame({ message }: JournaledMessage, event: ActorEvent): void {
  if (JSON.stringify(message.event) !== JSON.stringify(event)) throw new Problem('IDEMPOTENCY_KEY_REUSED');
}
