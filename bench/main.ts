/**
 * `npm run bench [-- --store mongo] [--quick] [--json]`: the figures of the embedded default, or of the replica set at
 * `MONGODB_URL`, side by side in one run. Compare ratios, not absolute numbers from different machines or days.
 */
import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { embeddedFigures, embeddedLines } from './embedded.ts';
import { mongoFigures, mongoLines } from './mongo.ts';
import { productFigures, productLines } from './products.ts';

const { values } = parseArgs({
  options: {
    store: { type: 'string', default: 'embedded' },
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const scale = values.quick ? 0.1 : 1;
const about = {
  commit: describeCommit(),
  node: process.version,
  cpu: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`,
};
const { figures, lines } = values.store === 'mongo' ? await onMongo() : await embedded();
const title = `taoke-rebate ${about.commit}, Node ${about.node}, ${about.cpu}`;
process.stdout.write(`${[title, ...lines].join('\n')}\n`);
if (values.json) process.stdout.write(`${JSON.stringify({ ...about, ...figures })}\n`);

async function embedded() {
  const figures = { ...(await embeddedFigures(scale)), cachedProduct: await productFigures(scale) };
  return { figures, lines: [...embeddedLines(figures), ...productLines(figures.cachedProduct)] };
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
