import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createKeptStateFile } from '../../src/infra/resilience/kept-state-file.ts';
import { MemoryKeptState } from '../support/memory-kept-state.ts';
import { tempFolder } from '../support/server-process.ts';
import { keptStateContract } from './kept-state.contract.ts';

let folder: ReturnType<typeof tempFolder>;
let memory: MemoryKeptState;
beforeEach(() => {
  folder = tempFolder();
  memory = new MemoryKeptState();
});
afterEach(() => folder.remove());

keptStateContract('file', async () => createKeptStateFile(join(folder.path, 'data')));
keptStateContract('memory of the tests', async () => memory);

describe('the file of kept state', () => {
  it('is whole, alone and readable by its owner only', async () => {
    const kept = createKeptStateFile(folder.path);
    await kept.save([{ key: 'a', at: 1, node: 'n', value: null }]);
    expect(readdirSync(folder.path)).toEqual(['dependencies.json']);
    expect(statSync(join(folder.path, 'dependencies.json')).mode & 0o777).toBe(0o600);
  });

  it('that cannot be read is as good as none', async () => {
    writeFileSync(join(folder.path, 'dependencies.json'), '[{"key":"a","at"');
    const kept = createKeptStateFile(folder.path);
    expect(await kept.load(0)).toEqual([]);
    await kept.save([{ key: 'a', at: 1, node: 'n', value: null }]);
    expect(await createKeptStateFile(folder.path).load(0)).toHaveLength(1);
  });

  it('that cannot be written says so', async () => {
    mkdirSync(join(folder.path, 'dependencies.json.new'));
    const kept = createKeptStateFile(folder.path);
    await expect(kept.save([{ key: 'a', at: 1, node: 'n', value: null }])).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
    });
  });
});
