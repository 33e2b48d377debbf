import type { Receipt } from '../actors/facade.ts';
import { type StoredSnapshot, stateName } from '../actors/record.ts';
import { Problem } from './problem.ts';
import type { ProblemCode } from './problem-codes.ts';

/** @throws REQUEST_PARKED when the machine's step failed: a person has to look at it. */
export function assertNotParked({ outcome }: Pick<Receipt, 'outcome'>): void {
  if (outcome === 'parked') throw new Problem('REQUEST_PARKED');
}

/** @throws the problem `code`, with the state the actor is in, unless the machine did what was asked. */
export function assertDone(receipt: Receipt, code: ProblemCode): void {
  assertNotParked(receipt);
  if (receipt.outcome !== 'done') throw new Problem(code, { extra: { state: stateOf(receipt.snapshot) } });
}

function stateOf(snapshot: StoredSnapshot): string {
  return stateName(snapshot.value);
}
