import { EventEmitter } from 'node:events';
import type { Browser } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { createFleet } from '../../../supervisor/browser/host/fleet.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';

/** A browser as far as the fleet sees one. */
class BrowserDouble extends EventEmitter {
  connected = true;

  isConnected(): boolean {
    return this.connected;
  }

  crash(): void {
    this.connected = false;
    this.emit('disconnected');
  }
}

function setUp(share: boolean) {
  const clock = new FakeClock();
  const started: BrowserDouble[] = [];
  const ended: number[] = [];
  let fails = false;
  const fleet = createFleet(
    share,
    async () => {
      if (fails) throw new Error('no browser today');
      const double = new BrowserDouble();
      const number = started.push(double) - 1;
      const close = async () => {
        ended.push(number);
        double.crash();
      };
      return { browser: double as unknown as Browser, close };
    },
    clock,
  );
  const fail = (now: boolean) => {
    fails = now;
  };
  return { fleet, clock, started, ended, fail };
}

describe('a shared browser', () => {
  it('is started once, also for many at a time, and ends a minute after the last page', async () => {
    const { fleet, clock, started, ended } = setUp(true);
    const leases = await Promise.all([fleet.take(), fleet.take(), fleet.take()]);
    expect(started.length).toBe(1);
    for (const lease of leases) await lease.release();
    await leases[0]?.release();
    await clock.pass(59_999);
    const late = await fleet.take();
    await clock.pass(100_000);
    expect(ended).toEqual([]);
    await late.release();
    await clock.pass(59_999);
    expect(ended).toEqual([]);
    await clock.pass(1);
    expect(ended).toEqual([0]);
    await fleet.take();
    expect(started.length).toBe(2);
  });

  it('ends a minute after a start that nobody needed', async () => {
    const { fleet, clock, ended } = setUp(true);
    await fleet.warm();
    await clock.pass(60_000);
    expect(ended).toEqual([0]);
  });

  it('is replaced when it has crashed, once, and those who had it change nothing about that', async () => {
    const { fleet, clock, started, ended } = setUp(true);
    const [one, other] = [await fleet.take(), await fleet.take()];
    started[0]?.crash();
    const next = await fleet.take();
    expect([one.browser, other.browser, next.browser].map((browser) => browser.isConnected())).toEqual([
      false,
      false,
      true,
    ]);
    await one.release();
    await other.release();
    await clock.pass(100_000);
    expect(ended).toEqual([]);
    await next.release();
    await clock.pass(60_000);
    expect(ended).toEqual([1]);
  });

  it('is tried again after a start that failed', async () => {
    const { fleet, fail, clock, ended } = setUp(true);
    fail(true);
    await expect(fleet.take()).rejects.toThrow('no browser today');
    fail(false);
    await (await fleet.take()).release();
    await clock.pass(60_000);
    expect(ended).toEqual([0]);
  });
});

describe('a browser for each page', () => {
  it('ends with its page; the first page has the one that was started ahead', async () => {
    const { fleet, started, ended, clock } = setUp(false);
    await fleet.warm();
    const [one, other] = [await fleet.take(), await fleet.take()];
    expect(started.length).toBe(2);
    expect(one.browser).not.toBe(other.browser);
    await clock.pass(100_000);
    expect(ended).toEqual([]);
    await one.release();
    await one.release();
    expect(ended).toEqual([0]);
    await other.release();
    expect(ended).toEqual([0, 1]);
  });

  it('ends a minute after a start that nobody needed', async () => {
    const { fleet, clock, ended } = setUp(false);
    await fleet.warm();
    await clock.pass(60_000);
    expect(ended).toEqual([0]);
  });
});

it.each([true, false])('all of them end at the end, and those that come later too (shared: %s)', async (share) => {
  const { fleet, started, ended, clock } = setUp(share);
  await fleet.warm();
  await fleet.take();
  const late = fleet.take();
  await fleet.close();
  await late;
  expect(new Set(ended).size).toBe(started.length);
  await fleet.close();
  expect(clock.waiting).toBe(0);
});
