import type { Receipt } from '../actors/facade.ts';
import { stateName } from '../actors/record.ts';
import { Problem } from './problem.ts';
import type { ProblemCode } from './problem-codes.ts';

/** @throws REQUEST_PARKED when the machine's step failed: a person has to look at it. */
export function assertNotParked({ outcome }: Pick<Receipt, 'outcome'>): void {
  if (outcome === 'parked') throw new Problem('REQUEST_PARKED');
}

/**
 * Passes a command that the machine carried out.
 * @throws the one of `refusals` that the machine named, else the first of them, with the state the actor is in;
 * REQUEST_PARKED.
 */
export function assertDone(receipt: Receipt, refusals: readonly [ProblemCode, ...ProblemCode[]]): void {
  assertNotParked(receipt);
  if (receipt.outcome === 'done') return;
  const code = refusals.find((refusal) => refusal === receipt.reason?.code) ?? refusals[0];
  throw new Problem(code, { extra: { state: stateName(receipt.snapshot.value) } });
}
