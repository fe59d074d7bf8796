import { describe, expect, it } from 'vitest';
import { backoff, Gate } from '../../../supervisor/forward/gate.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';

const RETRY = { baseMs: 200, capMs: 30_000 };

function setUp() {
  const clock = new FakeClock();
  let opened = 0;
  const gate = new Gate(
    8,
    RETRY,
    clock,
    () => 0.5,
    () => opened++,
  );
  return { clock, gate, opened: () => opened };
}

describe('the gate', () => {
  it('admits requests up to its limit', () => {
    const { gate } = setUp();
    expect([0, 7, 8].map((underWay) => gate.admits(underWay))).toEqual([true, true, false]);
  });

  it('admits one probe after a failure, once its time has come', () => {
    const { gate, clock, opened } = setUp();
    gate.failed(0);
    expect(gate.admits(0)).toBe(false);
    clock.advance(100);
    expect(opened()).toBe(1);
    expect([0, 1].map((underWay) => gate.admits(underWay))).toEqual([true, false]);
    gate.failed(gate.generation);
    clock.advance(199);
    expect(gate.admits(0)).toBe(false);
    clock.advance(1);
    expect(gate.admits(0)).toBe(true);
    expect(gate.answered(gate.generation)).toBe(2);
    expect(gate.admits(7)).toBe(true);
  });

  it('counts eight failures of the same moment once', () => {
    const { gate, clock } = setUp();
    for (let n = 0; n < 8; n++) gate.failed(0);
    clock.advance(100);
    expect(gate.answered(gate.generation)).toBe(1);
  });

  it('is not opened by an answer to an older request', () => {
    const { gate } = setUp();
    gate.failed(0, 'denied');
    expect(gate.answered(0)).toBe(0);
    expect(gate.held).toBe('denied');
  });

  it('is not held by a denial that a newer success has overtaken', () => {
    const { gate, clock } = setUp();
    gate.failed(0, 'denied');
    clock.advance(100);
    gate.answered(gate.generation);
    gate.failed(0, 'denied');
    expect(gate.held).toBeUndefined();
    expect(gate.admits(0)).toBe(true);
  });

  it('is held by a denial that comes while it is down', () => {
    const { gate } = setUp();
    gate.failed(0);
    gate.failed(0, 'denied');
    expect(gate.held).toBe('denied');
  });

  it('is held for the newest reason, and no more when the target fails otherwise', () => {
    const { gate, clock } = setUp();
    gate.failed(0, 'AccessDenied');
    gate.failed(0, 'ExpiredToken');
    expect(gate.held).toBe('ExpiredToken');
    clock.advance(30_000);
    // What was sent before adds nothing: it was no denial.
    gate.failed(0);
    expect(gate.held).toBe('ExpiredToken');
    gate.failed(gate.generation, 'AccessDenied');
    expect(gate.held).toBe('AccessDenied');
    gate.failed(gate.generation);
    expect(gate.held).toBeUndefined();
  });

  it('backs off by full jitter up to its cap', () => {
    expect([1, 2, 3, 8, 9, 2_000].map((attempt) => backoff(RETRY, attempt, () => 1))).toEqual([
      200, 400, 800, 25_600, 30_000, 30_000,
    ]);
    expect(backoff(RETRY, 5, () => 0)).toBe(0);
  });
});
