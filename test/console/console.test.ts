import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../support/server-process.ts';
import { findChromium, launchChromium } from './support/chromium.ts';
import { ConsolePage } from './support/console-page.ts';
import { consoleStores } from './support/console-stores.ts';
import { type ConsoleWorld, startConsoleWorld, waitForMoney } from './support/console-world.ts';
import { untilState } from './support/troubles.ts';

interface Withdrawal {
  readonly id: string;
  readonly state: string;
  readonly status: string;
}

interface JournalPage {
  readonly data: readonly {
    readonly seq: number;
    readonly at: number;
    readonly state: string;
    readonly traceId: string | null;
  }[];
}

const PAYEE = { identity: 'payee@example.com', name: '收款人' };
const COMMITS = 200;
const LONG = 10_000;
/** Somebody else than the user who withdraws: freezing is what changes a state on demand. */
const WATCHED = 'watched';

const onEachStore = describe.skipIf(findChromium() === undefined).each(consoleStores());

onEachStore('the console on $name', { timeout: 60_000 }, ({ open }) => {
  let world: ConsoleWorld;
  let browser: Browser;
  let approver: ConsolePage;

  beforeAll(async () => {
    [world, browser] = await Promise.all([startConsoleWorld(open), launchChromium()]);
    await waitForMoney(world);
    approver = await ConsolePage.open(browser, world, 'approver');
  }, 90_000);

  afterAll(async () => {
    await browser?.close();
    await world?.stop();
  });

  const withdraw = (amountFen: number) =>
    world.call<Withdrawal>('POST', '/withdrawals', { body: { amountFen, account: PAYEE } });
  const freeze = (verb: 'freeze' | 'unfreeze') =>
    world.call('POST', `/staff/members/${WATCHED}/${verb}`, {
      role: 'approver',
      body: { reason: 'a change to be seen' },
    });
  const stateOf = async (id: string) => (await world.call<Withdrawal>('GET', `/withdrawals/${id}`)).state;

  it('finds an order by the number a customer reads out', async () => {
    const { data } = await world.call<{ data: { tradeId: string }[] }>('GET', '/orders?limit=1');
    const tradeId = data[0]?.tradeId ?? '';
    await approver.goTo('');
    await approver.page.keyboard.press('/');
    await approver.page.keyboard.type(tradeId);
    await approver.page.keyboard.press('Enter');
    await approver.page.locator(`[data-address="order/${tradeId}"]`).waitFor();
    await approver.page.locator('.going-on .where').waitFor();
    await approver.page.locator('svg.chart [aria-current]').first().waitFor();
    expect((await approver.litStates()).some((id) => id.startsWith('order.trade.'))).toBe(true);
  });

  it('offers what is one slip away, and finds an account by its payee with nothing of it in the address', async () => {
    const { page } = approver;
    const type = async (text: string) => {
      await page.getByRole('searchbox').fill(text);
      await page.keyboard.press('Enter');
    };
    const { data } = await world.call<{ data: { tradeId: string }[] }>('GET', '/orders?limit=1');
    const tradeId = data[0]?.tradeId ?? '';
    await approver.goTo('');
    await type(`订单${tradeId.slice(0, -1)}`);
    await page.getByRole('table', { name: 'Similar numbers' }).getByRole('link', { name: tradeId }).first().waitFor();
    expect(page.url()).toBe(`${world.consoleUrl}/search`);
    // Without money it comes to nothing, but names a payee.
    const named = { user: 'searched', body: { amountFen: 1_000, account: PAYEE } };
    await world.call('POST', '/withdrawals', named).catch(() => {});
    await type('ayee 收');
    await page.locator('[data-address="balance/searched"]').waitFor();
    await page.goBack();
    expect(decodeURIComponent(page.url())).not.toMatch(/ayee|收/);
  });

  it('takes keys from the moment it can be seen', async () => {
    const page = await approver.context.newPage();
    await page.addInitScript(() => {
      const shown = new MutationObserver(() => {
        if (document.querySelector('.shell') === null) return;
        shown.disconnect();
        document.body.dispatchEvent(new KeyboardEvent('keydown', { key: '/', bubbles: true }));
        Object.assign(window, { focusedType: document.activeElement?.getAttribute('type') });
      });
      shown.observe(document, { subtree: true, childList: true });
    });
    await page.goto(world.consoleUrl);
    await page.locator('.shell').waitFor();
    expect(await page.evaluate(() => (window as unknown as { focusedType: string }).focusedType)).toBe('search');
    await page.close();
  });

  it('shows a change of state on the chart within 500 ms of its commit (p95)', async () => {
    await freeze('unfreeze');
    await approver.goToActor(`member/${WATCHED}`);
    await approver.page.locator('[data-live=live]').waitFor();
    await approver.page.evaluate(() => {
      const lit: { id: string; at: number }[] = [];
      Object.assign(window, { lit });
      new MutationObserver((changes) => {
        for (const { target } of changes) {
          if (!(target instanceof Element) || target.getAttribute('aria-current') !== 'true') continue;
          lit.push({ id: target.getAttribute('data-node') ?? '', at: performance.timeOrigin + performance.now() });
        }
      }).observe(document.querySelector('svg.chart') as Element, { subtree: true, attributeFilter: ['aria-current'] });
    });
    const litTimes: number[] = [];
    for (let n = 0; n < COMMITS; n += 1) {
      const [verb, state] = n % 2 === 0 ? (['freeze', 'frozen'] as const) : (['unfreeze', 'active'] as const);
      await freeze(verb);
      const litAt = await approver.page.evaluate(
        ([id, index]) =>
          new Promise<number>((resolve) => {
            const look = () => {
              const { lit } = window as unknown as { lit: { id: string; at: number }[] };
              const entry = lit[index];
              if (entry?.id === id) resolve(entry.at);
              else setTimeout(look, 1);
            };
            look();
          }),
        [`member.${state}`, n] as const,
      );
      litTimes.push(litAt);
    }
    const { data } = (await fetchAs(
      approver,
      `/actors/member/${WATCHED}/journal?after=1&limit=${COMMITS}`,
    )) as JournalPage;
    const delays = litTimes.map((litAt, n) => litAt - (data[n]?.at ?? 0));
    delays.sort((a, b) => a - b);
    const p95 = delays[Math.floor(delays.length * 0.95)] ?? Number.NaN;
    console.log(
      `commit → pixel over ${COMMITS}: p50 ${Math.round(delays[COMMITS / 2] ?? 0)} ms, p95 ${Math.round(p95)} ms`,
    );
    expect(p95).toBeLessThan(500);
  });

  it('scrubs the whole history of a withdrawal with the right states lit at each step', async () => {
    await world.faults([{ do: 'http500', match: { gateway: 'alipay', nth: 1, times: 2 } }]);
    const { id } = await withdraw(200);
    await until('the payout is unknown', 20_000, async () =>
      (await stateOf(id)) === 'paying.unknown' ? true : undefined,
    );
    await world.call('POST', `/staff/withdrawals/${id}/requery`, {
      role: 'approver',
      body: { reason: 'to see more steps' },
    });
    const journal = (await fetchAs(approver, `/actors/withdrawal/${id}/journal?limit=100`)) as JournalPage;
    await approver.goToActor(`withdrawal/${id}`);
    await approver.page.locator('.timeline-row').first().waitFor();
    await approver.page.locator('body').press('Home');
    const seen: Record<number, string[]> = {};
    for (const { seq } of journal.data) {
      await approver.page.locator(`.step-text[data-seq="${seq}"]`).waitFor();
      seen[seq] = await approver.litStates();
      await approver.page.locator('body').press('ArrowRight');
    }
    for (const { seq, state } of journal.data) {
      const parts = state.split('.');
      const enclosing = parts.map((_, index) => ['withdrawal', ...parts.slice(0, index + 1)].join('.'));
      expect(seen[seq], `step ${seq}`).toEqual(expect.arrayContaining(['withdrawal', ...enclosing]));
      expect(seen[seq], `step ${seq}`).toHaveLength(enclosing.length + 1);
    }
    expect(journal.data.length).toBeGreaterThanOrEqual(4);
  });

  it('leads from each step to its trace, in a window of its own', async () => {
    const { id } = await withdraw(200);
    await untilState(world, id, 'paid');
    const journal = (await fetchAs(approver, `/actors/withdrawal/${id}/journal?limit=100`)) as JournalPage;
    const traced = journal.data.filter(({ traceId }) => traceId !== null);
    const first = `https://jaeger.example/trace/${traced[0]?.traceId}`;
    await approver.goToActor(`withdrawal/${id}`, `?seq=${traced[0]?.seq}`);
    await approver.page
      .locator('.timeline-row')
      .nth(journal.data.length - 1)
      .waitFor();
    const steps = approver.page.locator('.timeline-row a');
    expect(await steps.count()).toBe(traced.length);
    const head = approver.page.locator('.actor-head a.outside');
    for (const link of [steps.last(), head]) {
      expect(await link.getAttribute('href')).toBe(first);
      expect(await link.getAttribute('target')).toBe('_blank');
      expect(await link.getAttribute('rel')).toBe('noreferrer');
    }
    await approver.page.locator('.timeline-row button.seq').last().click();
    expect(await approver.page.locator('dialog[open] a.outside').first().getAttribute('href')).toBe(first);
  });

  it('says in a past moment that it is past, allows nothing there, and leads back', async () => {
    const { data } = await world.call<{ data: Withdrawal[] }>('GET', '/withdrawals?limit=1');
    await approver.goToActor(`withdrawal/${data[0]?.id}`, '?seq=1');
    await approver.page.locator('.past-band').waitFor();
    await approver.waitUntilLit('withdrawal.holding');
    for (const button of await approver.page.locator('.actions li button').all())
      expect(await button.isDisabled()).toBe(true);
    await approver.page.locator('body').press('l');
    await approver.page.locator('.past-band').waitFor({ state: 'detached' });
    expect(new URL(approver.page.url()).searchParams.has('seq')).toBe(false);
  });

  it('asks again for an unknown payout, after a dry run, and shows what became of it', async () => {
    await world.faults([
      { do: 'dropAfter', match: { gateway: 'alipay', method: 'alipay.fund.trans.uni.transfer', nth: 1 } },
    ]);
    const { id } = await withdraw(200);
    await approver.goToActor(`withdrawal/${id}`);
    await approver.waitUntilLit('withdrawal.paying.unknown', 20_000);
    await approver.act('requery', 'the customer asks for it', id);
    await approver.confirm();
    await approver.waitUntilLit('withdrawal.paid', 20_000);
    await approver.page.locator('.receipt').getByText('Paid').waitFor();
  });

  it('shows the server’s own words where an action is refused', async () => {
    const { data } = await world.call<{ data: Withdrawal[] }>('GET', '/withdrawals?limit=1');
    await approver.goToActor(`withdrawal/${data[0]?.id}`);
    const deny = approver.page.locator('.actions li', { has: approver.page.locator('[data-event=deny]') });
    await deny.locator('button:disabled').waitFor();
    const told = await fetchAs(approver, `/actors/withdrawal/${data[0]?.id}/actions`);
    const refusal = (told as { actions: { event: string; refusal: { detail: { en: string } } }[] }).actions.find(
      ({ event }) => event === 'deny',
    )?.refusal;
    expect(await deny.locator('small').textContent()).toContain(refusal?.detail.en);
  });

  it('pays a large withdrawal only once two people have agreed', async () => {
    const { id } = await withdraw(1_500);
    await approver.goToActor(`withdrawal/${id}`);
    await approver.waitUntilLit('withdrawal.review');
    await approver.act('approve', 'identity was checked by phone', id);
    await approver.confirm();
    await approver.page.locator('.receipt a').click();
    await approver.page.locator('.notice').getByText(/./).first().waitFor();
    expect(await approver.page.getByRole('button', { name: 'Approve' }).isDisabled()).toBe(true);
    expect(await stateOf(id)).toBe('review');

    const second = await ConsolePage.open(browser, world, 'approver2');
    await second.goTo(new URL(approver.page.url()).pathname.slice('/console'.length));
    await second.page.getByRole('button', { name: 'Approve' }).click();
    await second.page.locator('dialog textarea').fill('the papers are in order');
    await second.page.locator('dialog button[type=submit]').click();
    await until('it is paid', 20_000, async () => ((await stateOf(id)) === 'paid' ? true : undefined));
    await second.goToActor(`withdrawal/${id}`);
    await second.waitUntilLit('withdrawal.paid');
    expect(second.faults).toEqual([]);
    await second.close();
  });

  it('opens a history of 10,000 records and scrubs it with the right state lit', async () => {
    const reader = await ConsolePage.open(browser, world, 'viewer');
    await pretendLongHistory(reader);
    const from = performance.now();
    await reader.goToActor(`member/${WATCHED}`);
    await reader.page.locator(`.step-text[data-seq="${LONG}"]`).waitFor();
    const openedMs = performance.now() - from;
    await reader.page.locator('.ticks path[d]').first().waitFor({ state: 'attached' });
    await until('all of it is there', 20_000, async () =>
      (await reader.page.locator('.timeline-space').evaluate((list) => list.clientHeight)) >= LONG * 52
        ? true
        : undefined,
    );
    const slider = reader.page.locator('.track input');
    const frames = await slider.evaluate(
      (input) =>
        new Promise<number[]>((resolve) => {
          const range = input as HTMLInputElement;
          const times: number[] = [];
          const step = (time: number) => {
            times.push(time);
            if (times.length > 240) return resolve(times);
            range.value = String(((times.length * 41) % 9_999) + 1);
            range.dispatchEvent(new InputEvent('input', { bubbles: true }));
            requestAnimationFrame(step);
          };
          requestAnimationFrame(step);
        }),
    );
    const gaps = frames
      .slice(1)
      .map((time, n) => time - (frames[n] ?? 0))
      .sort((a, b) => a - b);
    console.log(
      `10,000 records: opened in ${Math.round(openedMs)} ms; scrubbing, p95 of a frame ${gaps[Math.floor(gaps.length * 0.95)]?.toFixed(1)} ms`,
    );
    for (const seq of [1, 2, 4_999, 5_000, 9_998]) {
      await slider.fill(String(seq));
      await reader.page.locator(`.step-text[data-seq="${seq}"]`).waitFor();
      expect(await reader.litStates()).toEqual(['member', seq % 2 === 0 ? 'member.frozen' : 'member.active']);
    }
    expect(reader.faults).toEqual([]);
    await reader.close();
  });

  it('says that it is offline when the server is gone, and is live and right again when it is back', async () => {
    await approver.goToActor(`member/${WATCHED}`);
    await approver.page.locator('[data-live=live]').waitFor();
    await world.kill();
    await approver.page.locator('[data-live=offline]').waitFor();
    await approver.page.locator('p.offline').waitFor();
    expect(await approver.page.locator('.actions li button:enabled').count()).toBe(0);
    await world.restart();
    await approver.page.locator('[data-live=live]').waitFor({ timeout: 20_000 });
    await approver.page.locator('.actions li button:enabled').first().waitFor();
    await freeze('freeze');
    await approver.waitUntilLit('member.frozen');
    await freeze('unfreeze');
    await approver.waitUntilLit('member.active');
  });

  it('never threw, and nothing was stopped by its content security policy', () => {
    expect(approver.faults).toEqual([]);
  });
});

/** The page of the watched member, with a journal as if it had been frozen and unfrozen 10,000 times. */
async function pretendLongHistory({ page }: ConsolePage): Promise<void> {
  const message = {
    event: 'freeze',
    title: { zh: '冻结', en: 'Freeze' },
    cause: 'staff',
    by: 'lin',
    outcome: 'done',
    reason: null,
  };
  const row = (seq: number) => ({
    seq,
    at: 1_760_000_000_000 + seq * 1000,
    state: seq % 2 === 0 ? 'frozen' : 'active',
    edges: [],
    messages: [message],
    sent: 0,
  });
  await page.route(`**/console/api/actors/member/${WATCHED}`, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...(await response.json()), seq: LONG } });
  });
  await page.route(`**/console/api/actors/member/${WATCHED}/journal?*`, async (route) => {
    const query = new URL(route.request().url()).searchParams;
    const after = Number(query.get('after'));
    const length = Math.min(Number(query.get('limit')), LONG - after);
    const data = Array.from({ length }, (_, n) => row(after + n + 1));
    await route.fulfill({ json: { data, hasMore: false, lastSeq: LONG } });
  });
  await page.route('**/console/api/stream?*', (route) => route.abort());
}

/** A GET by the page itself, with its session. */
function fetchAs({ page }: ConsolePage, path: string): Promise<unknown> {
  return page.evaluate(async (url) => (await fetch(url)).json(), `/console/api${path}`);
}
