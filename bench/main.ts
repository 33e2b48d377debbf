/**
 * `npm run bench [-- --store mongo] [--orders N] [--quick] [--json]`: the figures of the embedded default with its peers,
 * or of the replica set at `MONGODB_URL`, side by side in one run; with `--orders 1000000` what so many orders cost. Compare ratios, not absolute numbers from different machines or days.
 */
import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { embeddedFigures, embeddedLines } from './embedded.ts';
import { mongoFigures, mongoLines } from './mongo.ts';
import { startPeers } from './postgres.ts';
import { productFigures, productLines } from './products.ts';
import { scaleFigures, scaleLines } from './scale.ts';

const { values } = parseArgs({
  options: {
    store: { type: 'string', default: 'embedded' },
    quick: { type: 'boolean', default: false },
    orders: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const scale = values.quick ? 0.1 : 1;
const about = {
  commit: describeCommit(),
  node: process.version,
  cpu: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`,
};
const { figures, lines } = await measured();
const title = `taoke-rebate ${about.commit}, Node ${about.node}, ${about.cpu}`;
process.stdout.write(`${[title, ...lines].join('\n')}\n`);
if (values.json) process.stdout.write(`${JSON.stringify({ ...about, ...figures })}\n`);

function measured(): Promise<{ figures: object; lines: readonly string[] }> {
  if (values.orders !== undefined) return ofMany(Number(values.orders));
  return values.store === 'mongo' ? onMongo() : embedded();
}

async function embedded() {
  const peers = await startPeers();
  try {
    const figures = await embeddedFigures(scale, peers);
    const cachedProduct = await productFigures(scale);
    return {
      figures: { ...figures, cachedProduct },
      lines: [...embeddedLines(figures), ...productLines(cachedProduct)],
    };
  } finally {
    await peers?.close();
  }
}

async function ofMany(orders: number) {
  const figures = await scaleFigures(orders);
  return { figures, lines: scaleLines(figures) };
}

async function onMongo() {
  const url = process.env['MONGODB_URL'];
  if (url === undefined) throw new Error('MONGODB_URL is not set: npm run services -- npm run bench -- --store mongo');
  const figures = await mongoFigures(url, scale);
  return { figures, lines: mongoLines(figures) };
}

function describeCommit(): string {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty'], { encoding: 'utf8' }).trim();
  } catch {
    return 'outside a checkout';
  }
}
