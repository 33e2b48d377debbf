import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Sandbox } from '../../src/infra/sandbox/sandbox.ts';
import { meansOf, tempDir } from '../support/sandbox-client.ts';

const wallClock = { now: () => Date.now() };

/** Runs `npm run sandbox`'s program and reads what it prints, as a system test does. */
async function startProcess(dir: string): Promise<{ child: ChildProcess; sandbox: Omit<Sandbox, 'stop'> }> {
  const child = spawn(process.execPath, ['src/infra/sandbox/main.ts', '--dir', dir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const env: Record<string, string> = {};
  let controlUrl = '';
  for await (const line of createInterface({ input: child.stdout })) {
    const [, name, value] = /^export (\w+)=(.+)$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) env[name] = value;
    controlUrl ||= line.replace('# books and faults: ', '');
    if (name === 'ALIPAY_PUBLIC_KEY') break;
  }
  const { TAOBAO_GATEWAY_URL: taobaoUrl = '', ALIPAY_GATEWAY_URL: alipayUrl = '' } = env;
  return { child, sandbox: { env, taobaoUrl, alipayUrl, controlUrl } };
}

describe('the sandbox as a process', () => {
  it('killed while it pays, holds after a restart every payout it answered for, each once', async () => {
    const dir = tempDir();
    const first = await startProcess(dir);
    const hand = meansOf(first.sandbox, wallClock);
    const numbers = Array.from({ length: 200 }, (_, index) => `wd_${index}`);
    const unsent = [...numbers];
    const paid: string[] = [];
    const exited = once(first.child, 'exit');
    const payInTurn = async () => {
      for (let number = unsent.shift(); number !== undefined; number = unsent.shift()) {
        const answer = await hand.transfer({ out_biz_no: number }).catch(() => undefined);
        if (answer?.content['status'] === 'SUCCESS') paid.push(number);
        if (paid.length === 60) first.child.kill('SIGKILL');
      }
    };
    await Promise.all(Array.from({ length: 10 }, payInTurn));
    await exited;
    expect(paid.length).toBeLessThan(numbers.length);

    const second = await startProcess(dir);
    expect(second.sandbox.env['ALIPAY_PRIVATE_KEY']).toBe(first.sandbox.env['ALIPAY_PRIVATE_KEY']);
    const again = meansOf(second.sandbox, wallClock);
    for (const number of paid) {
      expect((await again.query(number)).content).toMatchObject({ out_biz_no: number, status: 'SUCCESS' });
    }
    await Promise.all(numbers.map((number) => again.transfer({ out_biz_no: number })));
    const book = (await again.control<{ balanceFen: number; payouts: object[] }>('GET book/payouts')).body;
    expect(book.payouts).toHaveLength(200);
    expect(book.balanceFen).toBe(1_000_000_000 - 200 * 1230);
  });

  it('stops on SIGTERM with exit code 0', async () => {
    const { child } = await startProcess(tempDir());
    child.kill('SIGTERM');
    expect((await once(child, 'exit'))[0]).toBe(0);
  });
});
