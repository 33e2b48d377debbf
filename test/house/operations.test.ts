/**
 * What people run the product by, held against the product: alerts, their tests and runbook, dashboards, the list of
 * metrics.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { metricsWorld } from '../support/metrics-world.ts';

const ROOT = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const alerts = read('deploy/alerts.yml');

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}
const dashboards = readdirSync(join(ROOT, 'deploy/dashboards')).map((file) => ({
  file,
  ...(JSON.parse(read(`deploy/dashboards/${file}`)) as { uid: string; title: string; panels: readonly Panel[] }),
}));

interface Registered {
  readonly name: string;
  readonly type: string;
  readonly labelNames: readonly string[];
  readonly help: string;
}
let metrics: readonly Registered[];
let types: ReadonlyMap<string, string>;
beforeAll(async () => {
  const { registry } = (await metricsWorld()).metrics;
  const all = await registry.getMetricsAsJSON();
  types = new Map(all.map(({ name, type }) => [name, String(type)]));
  const registered = registry.getMetricsAsArray() as unknown as Omit<Registered, 'type'>[];
  metrics = registered.map((metric) => ({ ...metric, type: types.get(metric.name) ?? '' }));
});

/** The names that an expression asks for, as they are registered. */
function metricsIn(expr: string): string[] {
  const bare = expr.replace(/"[^"]*"/g, '').replace(/\b(by|on|without|group_left) *\([^)]*\)/g, '');
  const names = bare.match(/\b(rebate|http|nodejs|process|bentocache)_[a-z0-9_]+/g) ?? [];
  return names.filter((name) => !/^http_(route|request_method|response_status_code)$/.test(name));
}

function isRegistered(name: string): boolean {
  if (types.has(name)) return true;
  return types.get(name.replace(/_(bucket|sum|count)$/, '')) === 'histogram';
}

function promtool(...args: string[]) {
  return spawnSync('promtool', args, { cwd: join(ROOT, 'deploy'), encoding: 'utf8' });
}
const hasPromtool = promtool('--version').error === undefined;
if (!hasPromtool) {
  console.log('skipped: the alerts were not tested, since promtool is not there (Debian: apt-get install prometheus)');
}

describe('the alerts', () => {
  it.skipIf(!hasPromtool)('do what their tests say, by promtool', () => {
    const checked = promtool('check', 'rules', 'alerts.yml');
    expect(checked.status, checked.stderr).toBe(0);
    const tested = promtool('test', 'rules', 'alerts.test.yml');
    expect(tested.status, tested.stdout + tested.stderr).toBe(0);
  });

  const names = [...alerts.matchAll(/^ *- alert: (\w+)$/gm)].map(([, name = '']) => name);

  it('ask for metrics that there are', () => {
    const exprs = [...alerts.matchAll(/expr: \|\n((?: {6}.*\n)+)/g)].map(([, expr = '']) => expr);
    expect(exprs.length).toBeGreaterThanOrEqual(names.length);
    const asked = exprs.flatMap(metricsIn);
    expect(asked.length).toBeGreaterThan(names.length / 2);
    expect(asked.filter((name) => !isRegistered(name))).toEqual([]);
  });

  it('each have a test, one of two severities, a section of the runbook and a page of the console', () => {
    const tests = read('deploy/alerts.test.yml');
    const sections = [...read('deploy/runbook.md').matchAll(/^## (\w+)$/gm)].map(([, name = '']) => name);
    expect(sections).toEqual(names);
    for (const name of names) {
      const rule = alerts.split(`- alert: ${name}\n`)[1]?.split('- alert:')[0] ?? '';
      expect(rule, name).toMatch(/labels: \{severity: (page|ticket)\}/);
      expect(rule, name).toContain(`runbook: deploy/runbook.md#${name.toLowerCase()}\n`);
      expect(rule, name).toMatch(/console: '\{\{ \$externalLabels\.console_url \}\}\/console/);
      expect(tests, name).toContain(`alertname: ${name}\n`);
    }
  });
});

describe('the dashboards', () => {
  it('keep the addresses that people have bookmarked', () => {
    expect(dashboards.map(({ file, uid }) => [file, uid])).toEqual([
      ['actors.json', 'taoke-actors'],
      ['money.json', 'taoke-money'],
      ['resilience.json', 'taoke-resilience'],
    ]);
  });

  it('ask for metrics that there are, in every panel', () => {
    const exprs = dashboards.flatMap(({ panels }) => panels.flatMap(({ targets = [] }) => targets));
    const asked = exprs.map(({ expr }) => ({ expr, names: metricsIn(expr) }));
    expect(asked.filter(({ names }) => names.length === 0)).toEqual([]);
    expect(asked.flatMap(({ names }) => names).filter((name) => !isRegistered(name))).toEqual([]);
  });
});

describe('the list of metrics', () => {
  it('has every metric of the product with its type, labels and meaning, and no other', () => {
    const listed = [...read('deploy/metrics.md').matchAll(/^\| `([a-z_0-9]+)` \| (.*) \| (.*) \| (.*) \|$/gm)];
    const registered = metrics.filter(({ name }) =>
      /^(rebate|http|bentocache)_|^nodejs_eventloop_(delay_p|util)/.test(name),
    );
    const rows = registered.map(({ name, type, labelNames, help }) => [name, type, [...labelNames].join(', '), help]);
    expect(listed.map((row) => row.slice(1)).sort()).toEqual(rows.sort());
  });
});
