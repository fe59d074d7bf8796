import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../spec/runtime/clock.ts';
import { openEventBridge } from '../../../supervisor/forward/eventbridge.ts';
import type { Presence } from '../../../supervisor/forward/port.ts';
import { startStandIn } from './eventbridge-stand-in.ts';
import {
  balanced,
  deliverAll,
  HIGH,
  logOnDisk,
  newLog,
  passing,
  rig,
  ScriptedTarget,
  settle,
  temporaryFolder,
  until,
} from './rig.ts';

const THERE: Presence = { kind: 'there', identity: 'one' };
const MISSING: Presence = { kind: 'missing', reason: 'BusNotFound: there is no bus "b"' };
const DENIED: Presence = { kind: 'unknown', reason: 'AccessDeniedException', denied: true };
const UNREACHABLE: Presence = { kind: 'unknown', reason: 'ECONNREFUSED', denied: false };

/** Takes everything, as EventBridge does, whether the bus is there or not. */
class Bus extends ScriptedTarget {
  presence: Presence = THERE;
  looks = 0;

  async check(): Promise<Presence> {
    this.looks++;
    return this.presence;
  }
}

async function withBus(presence: Presence, options: Parameters<typeof rig>[0] = {}) {
  const target = new Bus();
  target.presence = presence;
  return { ...(await rig({ ...options, target })), target };
}

describe('a bus that is not there', () => {
  it('is sent nothing from the start, is asked for again and again, and gets everything once it is there', async () => {
    const { target, clock, pump, append } = await withBus(MISSING);
    const ids = await append(HIGH, HIGH);
    await until(() => pump.problem !== undefined);
    expect(pump.problem).toBe(
      'held: BusNotFound: there is no bus "b"; make the bus, or correct forward.bus and forward.region',
    );
    expect(pump.status()).toMatchObject({ state: 'held', accounting: { accepted: 2, pending: 2 } });
    await passing(clock, () => target.looks === 5);
    expect(target.requests).toEqual([]);
    target.presence = THERE;
    await passing(clock, () => target.delivered.length === 2);
    expect(target.delivered).toEqual(ids);
    expect(pump.status()).toMatchObject({ state: 'flowing', problem: null, accounting: { delivered: 2 } });
  });

  it('and was deleted in mid-run is sent again what it may never have got', async () => {
    const { target, clock, pump, append, log } = await withBus(THERE);
    const early = await append(HIGH, HIGH);
    await until(() => target.delivered.length === 2);
    const { looks } = target;
    await passing(clock, () => target.looks > looks);
    await settle();
    // From here on it is gone, and says success all the same.
    const late = await append(HIGH, HIGH, HIGH);
    await until(() => target.delivered.length === 5);
    expect(pump.accounting()).toMatchObject({ delivered: 5, pending: 0 });
    target.presence = MISSING;
    await passing(clock, () => pump.problem !== undefined);
    expect(pump.accounting()).toMatchObject({ accepted: 5, delivered: 2, pending: 3 });
    // What it may never have got isn't for retention to forget.
    expect(pump.passed).toBe(2);
    target.presence = { kind: 'there', identity: 'two' };
    await passing(clock, () => target.delivered.length === 8);
    expect(target.delivered).toEqual([...early, ...late, ...late]);
    await pump.stop(0);
    expect(await log.document('cursor/scripted/test')).toMatchObject({ readTo: 5, counts: { delivered: 5 } });
  });

  it('and came back between two looks has another identity', async () => {
    const { target, clock, pump, append } = await withBus(THERE);
    await append(HIGH);
    await until(() => target.delivered.length === 1);
    target.presence = { kind: 'there', identity: 'two' };
    await passing(clock, () => target.delivered.length === 2);
    expect(target.delivered).toEqual(['id-1', 'id-1']);
    const { looks } = target;
    await passing(clock, () => target.looks > looks + 3);
    expect(target.delivered).toHaveLength(2);
    expect(pump.accounting()).toMatchObject({ accepted: 1, delivered: 1, pending: 0 });
  });

  it('is noticed though nothing new was read since: what was still open and sent to it goes again', async () => {
    const { target, clock, append, log } = await withBus(THERE);
    let release = () => {};
    target.answer = async (ids, signal) => {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      return deliverAll(ids, signal);
    };
    await append(HIGH);
    await until(() => target.underWay === 1);
    const { looks } = target;
    await passing(clock, () => target.looks > looks);
    await settle();
    target.answer = deliverAll;
    release();
    await until(() => target.delivered.length === 1);
    target.presence = { kind: 'there', identity: 'two' };
    await passing(clock, () => target.delivered.length === 2);
    expect(log.last).toBe(1);
  });

  it('and was never seen before is sent everything again', async () => {
    const { target, clock, pump, append } = await withBus(UNREACHABLE);
    await append(HIGH);
    await until(() => target.delivered.length === 1);
    target.presence = MISSING;
    await passing(clock, () => pump.problem !== undefined);
    expect(pump.accounting()).toMatchObject({ delivered: 0, pending: 1 });
    target.presence = THERE;
    await passing(clock, () => target.delivered.length === 2);
  });

  it('that is another one with every look is not worth going back for', async () => {
    const { target, clock, append } = await withBus(THERE);
    await append(HIGH);
    await until(() => target.delivered.length === 1);
    target.check = async () => ({ kind: 'there', identity: String(target.looks++) });
    await passing(clock, () => target.looks > 20);
    expect(target.delivered.length).toBeLessThanOrEqual(3);
  });

  it('is remembered across a crash', async () => {
    const folder = await temporaryFolder();
    const log = await logOnDisk(folder);
    const first = await withBus(THERE, { log });
    await first.append(HIGH);
    await until(() => first.target.delivered.length === 1);
    await passing(first.clock, () => first.target.looks > 2);
    await first.append(HIGH);
    await until(() => first.target.delivered.length === 2);
    first.clock.advance(1_000);
    await until(() => first.pump.status().cursor.endsWith('.2'));
    // The process dies; the bus has gone since the last look.
    await log.close();
    const second = await withBus(MISSING, { log: await logOnDisk(folder) });
    await until(() => second.pump.problem !== undefined);
    second.target.presence = THERE;
    await passing(second.clock, () => second.target.delivered.length > 0);
    expect(second.target.delivered).toEqual(['id-2']);
  });
});

describe('a bus that nobody may ask for', () => {
  it('is sent to all the same', async () => {
    const { target, pump, append, clock } = await withBus(DENIED);
    await append(HIGH);
    await until(() => target.delivered.length === 1);
    const { looks } = target;
    await passing(clock, () => target.looks > looks + 1);
    await append(HIGH);
    await until(() => target.delivered.length === 2);
    expect(pump.problem).toBeUndefined();
    // Nothing better will be known: retention need not wait.
    await passing(clock, () => pump.passed === 2);
  });

  it('is sent to when it cannot be reached, and is taken for missing no more only when it is seen', async () => {
    const { target, pump, append, clock } = await withBus(UNREACHABLE);
    await append(HIGH);
    await until(() => target.delivered.length === 1);
    target.presence = MISSING;
    await passing(clock, () => pump.problem !== undefined);
    target.presence = UNREACHABLE;
    const { looks } = target;
    await passing(clock, () => target.looks > looks + 3);
    expect(pump.problem).toContain('BusNotFound');
    expect(balanced(pump)).toBe(true);
  });
});

it('stopping waits for the first look, and what is in the log is sent', async () => {
  const log = newLog();
  const { target, pump, append } = await withBus(THERE, { log });
  await append(HIGH);
  await pump.stop(1_000);
  expect(target.delivered).toEqual(['id-1']);
});

describe('the EventBridge client asks for its bus', () => {
  const signal = new AbortController().signal;

  async function open() {
    const standIn = await startStandIn();
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    const options = { region: 'eu-central-1', bus: 'b', clock: systemClock, endpoint: standIn.endpoint, credentials };
    const target = openEventBridge(options);
    return { standIn, look: () => target.check?.(signal), close: () => target.close() };
  }

  it('and knows whether it is there, is another, is missing, or may not be asked for', async () => {
    const { standIn, look, close } = await open();
    const first = await look();
    expect(first).toMatchObject({ kind: 'there', identity: expect.stringContaining('event-bus/b') });
    expect(await look()).toEqual(first);
    standIn.bus = 1_730_000_001;
    expect(await look()).not.toEqual(first);
    standIn.bus = 'missing';
    expect(await look()).toEqual(MISSING);
    standIn.bus = 'denied';
    expect(await look()).toEqual({ kind: 'unknown', reason: 'AccessDeniedException', denied: true });
    await close();
  });

  it('and takes silence for nothing but silence', async () => {
    const target = openEventBridge({
      region: 'eu-central-1',
      bus: 'b',
      clock: systemClock,
      endpoint: 'http://127.0.0.1:1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });
    expect(await target.check?.(signal)).toMatchObject({ kind: 'unknown', denied: false });
    await target.close();
  });
});
