/**
 * `npm run sandbox -- [--dir D] [--taobao-port N] [--alipay-port N] [--demo]`: the sandbox alone, until SIGINT or
 * SIGTERM. Prints `export NAME=value` lines that point a server at it, in one write, once it takes requests.
 */
import { parseArgs } from 'node:util';
import { createPinoLog } from '../pino-log.ts';
import { RandomIds } from '../random-ids.ts';
import { SystemClock } from '../system-clock.ts';
import { startSandbox } from './sandbox.ts';

const { values } = parseArgs({
  options: {
    dir: { type: 'string', default: './data/sandbox' },
    'taobao-port': { type: 'string', default: '0' },
    'alipay-port': { type: 'string', default: '0' },
    demo: { type: 'boolean', default: false },
  },
});

const sandbox = await startSandbox({
  dir: values.dir,
  clock: new SystemClock(),
  ids: new RandomIds(),
  log: createPinoLog('warn'),
  taobaoPort: Number(values['taobao-port']),
  alipayPort: Number(values['alipay-port']),
  demo: values.demo,
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void sandbox.stop().then(() => process.exit(0));
  });
}

const exported = Object.entries(sandbox.env).map(([name, value]) => `export ${name}=${value}\n`);
process.stdout.write(`# books and faults: ${sandbox.controlUrl}\n${exported.join('')}`);
