/** A feed under test: its driver, and the pages it asks for. */
import type { CallOutcome } from '../../src/actors/ports.ts';
import { createFeedMachine, feedListing } from '../../src/machines/feed.ts';
import type { FeedContext, Page } from '../../src/machines/feed-reading.ts';
import { defaultRules, type Rules } from '../../src/machines/rules.ts';
import { MachineDriver } from './machine-driver.ts';

/** What a page activity gets. */
export interface PageInput {
  readonly startAt: number;
  readonly endAt: number;
  readonly scene?: number;
  readonly pageNo: number;
  readonly positionIndex: string | null;
  readonly queryType: number;
}

export class FeedDriver extends MachineDriver<FeedContext> {
  constructor(id: string, now: number, rules: Partial<Rules> = {}) {
    const machine = createFeedMachine({ ...defaultRules, ...rules });
    super({ type: 'feed', machine, list: feedListing }, id, now);
  }

  start(from: number): void {
    this.send({ type: 'start', from }, { id: 'start' });
  }

  /** The page that is being asked for. @throws Error when the feed is not reading. */
  get asked(): PageInput {
    const call = this.openCall('page');
    if (call === undefined) throw new Error(`reads no page in ${this.state}`);
    return call.input as unknown as PageInput;
  }

  page(page: Partial<Page> = {}): void {
    const output = { hasNext: false, positionIndex: null, rowCount: 0, digest: '0', ...page };
    this.answer('page', { kind: 'ok', output });
  }

  /** Answers with empty pages until the feed rests. */
  readAll(): void {
    for (let count = 0; this.state === 'reading'; count++) {
      if (count > 100_000) throw new Error('the feed never rests');
      this.page();
    }
  }

  refuse(code: string, detail?: string): void {
    this.answer('page', { kind: 'refused', reason: { code, ...(detail === undefined ? {} : { detail }) } });
  }

  fail(code = 'TRANSPORT'): void {
    this.answer('page', { kind: 'unknown', reason: { code } } satisfies CallOutcome);
  }

  postpone(until: number): void {
    this.answer('page', { kind: 'postponed', until, reason: { code: 'RATE_LIMITED' } });
  }
}
