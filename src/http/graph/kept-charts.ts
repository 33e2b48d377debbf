/**
 * The charts of machine versions that this program does not run: kept by the programs that do, when they start.
 */
import { type Address, isActorId, toAddress } from '../../actors/address.ts';
import { isActorError } from '../../actors/errors.ts';
import type { ActorSystem } from '../../actors/facade.ts';
import type { Clock, Log } from '../../actors/ports.ts';
import type { JsonObject } from '../../actors/record.ts';
import type { ChartContext } from '../../machines/chart.ts';
import type { MachineGraph } from './graph-types.ts';

const RETRY_MS = 1_000;

interface KeepDeps {
  readonly actors: Pick<ActorSystem, 'send'>;
  readonly clock: Pick<Clock, 'after'>;
  readonly log: Log;
  /** Ends the trying, at shutdown. */
  readonly signal: AbortSignal;
}

/**
 * Keeps these charts for as long as there are records. One that is kept already under the same words makes no record, so
 * each start of each process may do this. Never rejects: while the store does not answer it is tried again.
 */
export async function keepCharts(graphs: readonly MachineGraph[], deps: KeepDeps): Promise<void> {
  for (const graph of graphs) await keepOne(graph, deps);
}

async function keepOne(graph: MachineGraph, { actors, clock, log, signal }: KeepDeps): Promise<void> {
  const event = { type: 'keep', graph: graph as unknown as JsonObject };
  while (!signal.aborted) {
    try {
      await actors.send(chartAddress(graph.version), event, {
        id: `keep:${graph.revision}`,
        cause: 'main',
        repeatable: true,
      });
      return;
    } catch (error) {
      const isWorthAnother = isActorError(error) && error.retry === 'later';
      log.warn('the chart of a machine was not kept', { version: graph.version, isWorthAnother, error });
      if (!isWorthAnother) return;
      await new Promise<void>((resolve) => clock.after(RETRY_MS, resolve));
    }
  }
}

/** The chart of that version, if a program that ran it has kept it. @throws STORE_UNAVAILABLE */
export async function readKeptChart(
  actors: Pick<ActorSystem, 'inspect'>,
  version: string,
): Promise<MachineGraph | undefined> {
  if (!isActorId(version)) return undefined;
  const found = await actors.inspect(chartAddress(version));
  const { graph = null } = (found?.snapshot.context ?? {}) as unknown as Partial<ChartContext>;
  return graph === null ? undefined : (graph as unknown as MachineGraph);
}

function chartAddress(version: string): Address {
  return toAddress('chart', version);
}
