import { describe, expect, it } from 'vitest';
import { type AdzoneContext, adzoneListing, createAdzoneMachine, leaseholderAt } from '../../src/machines/adzone.ts';
import { MachineDriver } from '../support/machine-driver.ts';

const LEASE_MS = 24 * 3_600_000;
const REST_MS = 12 * 3_600_000;
const SKEW_MS = 10 * 60_000;

function newAdzone(): MachineDriver<AdzoneContext> {
  const machine = createAdzoneMachine({ adzoneLeaseMs: LEASE_MS, adzoneRestMs: REST_MS });
  return new MachineDriver({ type: 'adzone', machine, list: adzoneListing }, '111');
}

function lease(adzone: MachineDriver<AdzoneContext>, userId: string) {
  return adzone.send({ type: 'lease', userId });
}

describe('a lease', () => {
  it('is given to the first who asks, and to nobody else until the rest is over', () => {
    const adzone = newAdzone();
    expect(lease(adzone, 'u1').outcome).toBe('done');
    expect(lease(adzone, 'u2')).toMatchObject({ outcome: 'refused', reason: { code: 'ADZONE_TAKEN' } });
    adzone.advance(LEASE_MS);
    expect(adzone.state).toBe('resting');
    expect(lease(adzone, 'u2').outcome).toBe('refused');
    adzone.advance(REST_MS);
    expect(adzone.state).toBe('free');
    expect(lease(adzone, 'u2').outcome).toBe('done');
    expect(adzone.listing).toMatchObject({ owner: 'u2', status: 'leased' });
  });

  it('is extended by its holder, also out of the rest', () => {
    const adzone = newAdzone();
    const start = adzone.now;
    lease(adzone, 'u1');
    adzone.advance(LEASE_MS - 1);
    lease(adzone, 'u1');
    adzone.advance(LEASE_MS + 1);
    expect(adzone.state).toBe('resting');
    lease(adzone, 'u1');
    expect(adzone.state).toBe('leased');
    expect(adzone.context.leases).toEqual([{ userId: 'u1', from: start, until: adzone.now + LEASE_MS }]);
  });
});

describe('whose an order is', () => {
  it('depends on the time it was placed alone, for ever', () => {
    const adzone = newAdzone();
    const start = adzone.now;
    lease(adzone, 'u1');
    adzone.advance(LEASE_MS + REST_MS);
    lease(adzone, 'u2');
    const { context } = adzone;
    expect(leaseholderAt(context, start - SKEW_MS - 1)).toBe(null);
    expect(leaseholderAt(context, start - SKEW_MS)).toBe('u1');
    expect(leaseholderAt(context, start)).toBe('u1');
    expect(leaseholderAt(context, start + LEASE_MS + REST_MS - 1)).toBe('u1');
    expect(leaseholderAt(context, start + LEASE_MS + REST_MS)).toBe('u2');
    expect(leaseholderAt(context, start + 2 * (LEASE_MS + REST_MS))).toBe(null);
  });

  it('is nobody between two leases that lie apart', () => {
    const adzone = newAdzone();
    const start = adzone.now;
    lease(adzone, 'u1');
    adzone.advance(10 * LEASE_MS);
    lease(adzone, 'u1');
    expect(adzone.context.leases).toHaveLength(2);
    expect(leaseholderAt(adzone.context, start + 5 * LEASE_MS)).toBe(null);
  });

  it('is forgotten only after two hundred leases', () => {
    const adzone = newAdzone();
    for (let n = 0; n < 250; n++) {
      lease(adzone, `u${n}`);
      adzone.advance(LEASE_MS + REST_MS);
    }
    expect(adzone.context.leases).toHaveLength(200);
  });
});
