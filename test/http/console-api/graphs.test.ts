import { beforeEach, describe, expect, it } from 'vitest';
import { createCharts } from '../../../src/http/graph/charts.ts';
import type { Chart } from '../../../src/http/graph/graph-types.ts';
import { houseMachines, idle } from '../graph/charted.ts';
import { type Browser, serveConsole } from '../support/console-served.ts';

const charts = createCharts({ machines: houseMachines, ...idle });

let viewer: Browser;
beforeEach(async () => {
  viewer = await (await serveConsole({ charts })).signIn('viewer');
});

describe('the chart of a machine', () => {
  it('is sent placed, whole and cut down, in the language asked for', async () => {
    const whole = (await viewer.get('/machines/channel/graph?direction=down&locale=en')).body as unknown as Chart;
    expect(whole).toMatchObject({ type: 'channel', direction: 'down', locale: 'en', focus: null });
    expect(whole.nodes.map(({ title }) => title)).toEqual(['Channel', '', 'Unbound', 'Bound']);
    const cut = (await viewer.get('/machines/channel/graph?focus=channel.bound')).body as unknown as Chart;
    expect(cut.focus).toEqual(['channel.bound']);
    expect(whole.outline[0]?.children.map(({ title }) => title)).toEqual(['Unbound', 'Bound']);
  });

  it('is not sent again while neither its structure nor its words have changed', async () => {
    const first = await viewer.get('/machines/channel/graph');
    const again = await viewer.get('/machines/channel/graph', { 'if-none-match': String(first.headers['etag']) });
    expect(again.status).toBe(304);
  });

  it('is a picture for whoever accepts one', async () => {
    const { headers, text } = await viewer.get('/machines/channel/graph?focus=channel.bound', {
      accept: 'image/svg+xml',
    });
    expect(headers['content-type']).toContain('image/svg+xml');
    expect(headers['vary']).toContain('accept');
    expect(text).toContain('<g data-state="channel.bound" data-kind="atomic" aria-current="true"');
  });

  it('of an unknown state is refused in words', async () => {
    const answer = await viewer.get('/machines/channel/graph?focus=channel.lost');
    expect(answer.body).toMatchObject({ code: 'FOCUS_UNKNOWN' });
  });
});
