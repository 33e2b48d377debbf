/**
 * The map of a machine, and the charts of its versions: where actors stand by which version, how they moved lately, and
 * what an earlier program's records looked like.
 */
import { beforeEach, describe, expect, it } from 'vitest';
import { ActorError } from '../../../src/actors/errors.ts';
import type { ActorSystem } from '../../../src/actors/facade.ts';
import { Registry } from '../../../src/actors/registry.ts';
import { createCharts } from '../../../src/http/graph/charts.ts';
import type { MachineGraph } from '../../../src/http/graph/graph-types.ts';
import { keepCharts, readKeptChart } from '../../../src/http/graph/kept-charts.ts';
import { earlier, LOST, memberRecord, OLD, WAKE } from '../../support/earlier-version.ts';
import { listeningLog } from '../../support/listening-log.ts';
import { headOf } from '../../support/projected.ts';
import { houseMachines, idle } from '../graph/charted.ts';
import { type Browser, type Console, serveConsole } from '../support/console-served.ts';
import { catalog } from '../support/served.ts';

const HOUR_MS = 3_600_000;
const NOW = new Registry(catalog).logic('member').version;

let server: Console;
let viewer: Browser;
let laidOut = 0;

beforeEach(async () => {
  const charts = createCharts({
    machines: houseMachines,
    ...idle,
    layout: async (graph) => {
      laidOut += 1;
      return graph;
    },
    readKept: (version) => readKeptChart(server.runtime, version),
  });
  server = await serveConsole({ charts });
  viewer = await server.signIn('viewer');
});

const signal = new AbortController().signal;
const keep = (...graphs: MachineGraph[]) =>
  keepCharts(graphs, { actors: server.runtime, clock: server.clock as never, log: idle.log, signal });
const chartPath = (version: string, more = '') => `/machines/member/graph?version=${version}&locale=en${more}`;

/** Actors that an earlier program left behind. */
const leave = (...standing: (readonly [id: string, machine: string, state: string])[]) =>
  server.projections.project(
    standing.map(([id, machine, state]) => headOf(`member/${id}`, 1, { machine, state, since: server.clock.now() })),
    [],
  );

describe('the chart of a version', () => {
  it('is drawn as an earlier program kept it, and laid out once', async () => {
    await keep(earlier);
    laidOut = 0;
    const { body, headers } = await viewer.get(chartPath(OLD));
    expect(body).toMatchObject({ type: 'member', version: OLD });
    expect(body.nodes.map(({ title }: { title: string }) => title)).toEqual(['Old member', 'Asleep', 'Awake']);
    expect((await viewer.get(chartPath(OLD))).body).toEqual(body);
    expect(laidOut).toBe(1);
    expect((await viewer.get(chartPath(OLD), { 'if-none-match': String(headers['etag']) })).status).toBe(304);
    expect((await viewer.get(chartPath(OLD, '&focus=member.awake'))).body.focus).toEqual(['member.awake']);
  });

  it('that this program runs is its own', async () => {
    expect((await viewer.get(chartPath(NOW))).body).toEqual(
      (await viewer.get('/machines/member/graph?locale=en')).body,
    );
  });

  it('that nobody kept, or that is of another machine, is not found, in words', async () => {
    await keep(earlier);
    for (const path of [chartPath(LOST), `/machines/order/graph?version=${OLD}`]) {
      expect(await viewer.get(path)).toMatchObject({ status: 404, body: { code: 'VERSION_UNKNOWN' } });
    }
    expect(await viewer.get(chartPath('now'))).toMatchObject({ status: 400, body: { code: 'VALIDATION_FAILED' } });
  });

  it('is kept by one record, however many programs start, and by another under other words', async () => {
    await keep(earlier);
    await keep(earlier);
    expect((await server.runtime.inspect(`chart/${OLD}`))?.seq).toBe(1);
    await keep({ ...earlier, revision: 'r2' }, earlier);
    expect(await server.runtime.inspect(`chart/${OLD}`)).toMatchObject({ seq: 2 });
    expect(await readKeptChart(server.runtime, OLD)).toMatchObject({ revision: 'r2' });
  });

  it('fits the limits of a message, of every machine', async () => {
    const graphs = createCharts({ machines: houseMachines, ...idle });
    await keep(...houseMachines.map(({ type }) => graphs.graph(type) as MachineGraph));
    for (const { type, version } of houseMachines) {
      expect(await readKeptChart(server.runtime, version)).toEqual(graphs.graph(type));
    }
  });

  it('is kept once the store answers, and given up when it cannot be', async () => {
    const log = listeningLog();
    const sent: string[] = [];
    const trouble = [new ActorError('STORE_UNAVAILABLE', 'gone'), new ActorError('MESSAGE_TOO_LARGE', 'huge')];
    const send = async (address: string) => {
      sent.push(address);
      const error = trouble.shift();
      if (error !== undefined) throw error;
    };
    const after = (_ms: number, run: () => void) => {
      run();
      return () => {};
    };
    const actors = { send: send as unknown as ActorSystem['send'] };
    await keepCharts([earlier, { ...earlier, version: LOST }], { actors, clock: { after }, log, signal });
    expect(sent).toEqual([`chart/${OLD}`, `chart/${OLD}`, `chart/${LOST}`]);
    expect(log.lines).toHaveLength(2);
  });
});

describe('an actor of another version', () => {
  it('is shown where its record says it stood', async () => {
    await server.journal.append([memberRecord('u7', 1, OLD, 'awake')]);
    expect((await viewer.get('/actors/member/u7/at/1')).body).toMatchObject({
      machine: OLD,
      isOtherVersion: true,
      activeNodes: ['member', 'member.awake'],
      edges: [WAKE],
    });
    expect((await viewer.get('/actors/member/u7')).body).toMatchObject({
      state: 'awake',
      machine: OLD,
      isOtherVersion: true,
      related: [],
      sentences: [{ kind: 'where', text: { en: expect.stringContaining('"awake"') } }],
    });
  });
});

describe('the map of a machine', () => {
  const map = async (query = '') => (await viewer.get(`/machines/member/map${query}`)).body;

  it('tells versions apart: which have a chart, and how many actors run on each', async () => {
    await keep(earlier);
    await leave(['a', NOW, 'active'], ['b', NOW, 'frozen'], ['c', OLD, 'awake'], ['d', LOST, 'drifting']);
    await server.elapse(0);
    const body = await map();
    expect(body.versions).toEqual([
      { version: NOW, isCurrent: true, hasChart: true, count: 2 },
      { version: OLD, isCurrent: false, hasChart: true, count: 1 },
      { version: LOST, isCurrent: false, hasChart: false, count: 1 },
    ]);
    expect(body.machine).toMatchObject({ version: NOW, count: 4, oldCount: 2 });
    const { data } = (await viewer.get('/machines')).body;
    expect(data.find(({ type }: { type: string }) => type === 'member')).toMatchObject({ count: 4, oldCount: 2 });
  });

  it('of one version counts its own, by the states of its chart', async () => {
    await keep(earlier);
    await leave(['a', NOW, 'active'], ['c', OLD, 'awake']);
    await server.elapse(0);
    const old = await map(`?version=${OLD}`);
    expect(old.machine).toMatchObject({ version: OLD, count: 1 });
    expect(old.machine.states).toMatchObject([
      { state: 'asleep', title: { en: 'Asleep' }, count: 0 },
      { state: 'awake', title: { en: 'Awake' }, count: 1 },
    ]);
    expect((await map(`?version=${NOW}`)).machine).toMatchObject({ version: NOW, count: 1 });
  });

  it('leads to those of its version, whose states are called as their own chart calls them', async () => {
    await keep(earlier);
    await leave(['a', NOW, 'active'], ['b', OLD, 'active'], ['c', OLD, 'awake'], ['d', LOST, 'drifting']);
    await server.journal.append([memberRecord('c', 1, OLD, 'asleep'), memberRecord('d', 1, LOST, 'drifting')]);
    await server.elapse(0);
    const list = async (query: string) => {
      const { data } = (await viewer.get(`/machines/member/actors?${query}`)).body;
      return data.map(({ id, stateTitle }: { id: string; stateTitle: { en: string } }) => [id, stateTitle.en]).sort();
    };
    expect(await list('state=active')).toEqual([
      ['a', 'Active'],
      ['b', 'Active'],
    ]);
    expect(await list(`state=active&version=${OLD}`)).toEqual([['b', 'Active']]);
    expect(await list(`state=awake&version=${OLD}`)).toEqual([['c', 'Awake']]);
    expect(await list(`state=awake&version=${NOW}`)).toEqual([]);
    expect(await list('state=awake')).toEqual([['c', 'Awake']]);
    expect(await list('state=drifting')).toEqual([['d', 'drifting']]);
    const { results } = (await viewer.post('/search', { q: 'member/c' })).body;
    expect(results).toMatchObject([{ state: 'asleep', stateTitle: { en: 'Asleep' } }]);
    expect((await viewer.get('/actors/member/c/at/1')).body.stateTitle.en).toBe('Asleep');
  });

  it('leads to all who stand in it, page by page', async () => {
    const ids = Array.from({ length: 45 }, (_, index) => `m${String(index).padStart(2, '0')}`);
    await leave(...ids.map((id) => [id, OLD, 'awake'] as const));
    const awake = '/machines/member/actors?state=awake&limit=20';
    const pages = [(await viewer.get(awake)).body];
    while (pages.at(-1).nextCursor !== null) {
      pages.push((await viewer.get(`${awake}&cursor=${pages.at(-1).nextCursor}`)).body);
    }
    expect(pages.map(({ data }) => data.length)).toEqual([20, 20, 5]);
    expect(pages.flatMap(({ data }) => data.map(({ id }: { id: string }) => id))).toEqual([...ids].reverse());
    const elsewhere = `/machines/member/actors?state=active&cursor=${pages[0].nextCursor}`;
    expect((await viewer.get(elsewhere)).status).toBe(400);
  });

  it('of a version without a chart lists the states that have actors; of one without either there is none', async () => {
    await leave(['d', LOST, 'drifting']);
    expect((await map(`?version=${LOST}`)).machine.states).toMatchObject([{ state: 'drifting', count: 1 }]);
    expect(await map('?version=member@00000000000c')).toMatchObject({ code: 'VERSION_UNKNOWN' });
  });

  it('tells how actors moved in the last hour or day: how often they went each way, how long they stood', async () => {
    const freeze = (verb: string) => server.tell('member/u1', { type: verb, by: 'lin', reason: 'a test' });
    await freeze('freeze');
    server.clock.value += 60_000;
    await freeze('unfreeze');
    await freeze('freeze');
    const body = await map();
    expect(body).toMatchObject({ hours: 1, edges: [{ count: 2 }, { count: 1 }] });
    expect(body.edges[0].id).toBe('member|freeze|member.frozen');
    expect(body.dwells.find(({ state }: { state: string }) => state === 'frozen')).toMatchObject({ count: 1 });
    expect(body.dwells.find(({ state }: { state: string }) => state === 'frozen').medianMs).toBeGreaterThan(45_000);
    server.clock.value += 2 * HOUR_MS;
    await viewer.signIn('viewer');
    expect(await map()).toMatchObject({ edges: [], dwells: [] });
    expect(await map('?hours=24')).toMatchObject({ hours: 24, edges: [{ count: 2 }, { count: 1 }] });
  });
});
