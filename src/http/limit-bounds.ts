import type { Dependencies } from '../actors/dependencies.ts';
import { Problem } from './problem.ts';

/**
 * Refuses a limit that the policy cannot be given, naming its bounds: they are the policy's own, so no schema knows them.
 * @throws Problem VALIDATION_FAILED, DEPENDENCY_UNKNOWN
 */
export function checkLimit(
  dependencies: Pick<Dependencies, 'snapshot'>,
  { dependency, policy }: { readonly dependency: string; readonly policy: string },
  limit: number,
): void {
  const view = dependencies.snapshot().find((one) => one.dependency === dependency && one.policy === policy);
  if (view === undefined) throw new Problem('DEPENDENCY_UNKNOWN');
  const { configuredLimit, mostLimit } = view;
  if (limit >= 1 && limit <= mostLimit) return;
  const detail = {
    zh: `应为 1 至 ${mostLimit} 的整数（配置为 ${configuredLimit}）；要完全停止请隔离`,
    en: `send a whole number from 1 to ${mostLimit} (configured: ${configuredLimit}); to stop all calls, hold it`,
  };
  throw new Problem('VALIDATION_FAILED', { errors: [{ in: 'body', pointer: '/limit', detail }] });
}
