import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError, loadConfig } from '../../src/infra/config.ts';

const linksOf = (env: Readonly<Record<string, string>>) => loadConfig(env).links;
const README = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');
const DASHBOARD = readFileSync(join(import.meta.dirname, '../../deploy/dashboards/resilience.json'), 'utf8');

describe('links to other tools', () => {
  it('are none where none is set', () => {
    expect(linksOf({})).toEqual({ dependency: undefined, trace: undefined });
  });

  it.each([
    'https://jaeger.example/trace/{traceId}',
    'http://127.0.0.1:12800/?id={traceId}&again={traceId}',
    'https://grafana.example/explore?left=%7B%22query%22:%22{traceId}%22%7D',
  ])('may lead to %s', (text) => {
    expect(linksOf({ TRACE_URL: text })).toMatchObject({ trace: text });
  });

  it.each([
    'https://jaeger.example/trace/',
    'jaeger.example/trace/{traceId}',
    'javascript:alert("{traceId}")',
    'https://',
    'https://jaeger example/{traceId}',
    'https://jaeger.example/{traceId}/{spanId}',
  ])('are refused as %s, with words that say what they must be', (text) => {
    expect(() => linksOf({ TRACE_URL: text })).toThrow(ConfigError);
    expect(() => linksOf({ TRACE_URL: text })).toThrow(
      'TRACE_URL must be an address that begins with http:// or https:// and holds {traceId}',
    );
  });

  it('to a dependency name it, and may name its policy', () => {
    const url = 'https://grafana.example/d/x?d={dependency}&p={policy}';
    expect(linksOf({ GRAFANA_URL: url })).toMatchObject({ dependency: url });
    expect(() => linksOf({ GRAFANA_URL: 'https://grafana.example/d/x?p={policy}' })).toThrow(
      /GRAFANA_URL must be .* and holds \{dependency\}, and may hold \{policy\}/,
    );
  });

  it('fit the dashboard that comes along, as the README has them', () => {
    const [url = ''] = /https:\/\/grafana\.example\/\S+\{policy\}/.exec(README) ?? [];
    expect(linksOf({ GRAFANA_URL: url })).toMatchObject({ dependency: url });
    const { pathname, searchParams } = new URL(url);
    const { uid, templating } = JSON.parse(DASHBOARD) as {
      uid: string;
      templating: { list: readonly { readonly name: string }[] };
    };
    expect(pathname).toBe(`/d/${uid}`);
    const variables = templating.list.map(({ name }) => `var-${name}`);
    for (const name of searchParams.keys()) expect(variables).toContain(name);
    expect([...searchParams.values()]).toEqual(['{dependency}', '{policy}']);
  });
});
