import { describe, expect, it } from 'vitest';
import type { createMetrics } from '../../../supervisor/base/metrics.ts';
import { webhookSecret } from '../../../supervisor/daily/settings.ts';
import { openWebhooks } from '../../../supervisor/daily/webhooks.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';
import { FakeRooms, quietTelemetry } from '../http/rig.ts';
import { event, SECRET, signed } from './rig.ts';

const RULES = [{ rooms: 'team-*', bot: 'default', options: {} }];

async function rig() {
  const clock = new FakeClock();
  const rooms = new FakeRooms();
  const telemetry = quietTelemetry();
  const keep = { load: async () => new Map(), save: async () => {} };
  const deps = { rooms, clock, random: () => 0.5, telemetry, keep };
  const webhooks = await openWebhooks({ secret: { ok: true, secret: SECRET }, rules: RULES }, deps);
  return { clock, rooms, webhooks, telemetry, deps };
}

describe('a webhook of Daily', () => {
  it.each([false, true])('is taken when it is signed, with its time in seconds: %s', async (inSeconds) => {
    const { webhooks, rooms, clock } = await rig();
    const body = event('meeting.started', 'team-a', clock.now() / 1_000, { meeting_id: 'm' });
    expect(webhooks.receive(signed(body, clock.now(), { inSeconds }))).toEqual({ kind: 'taken' });
    await webhooks.stop();
    expect(rooms.requests).toEqual([
      { roomId: 'team-a', connector: 'daily', bot: 'default', options: { room: 'team-a' } },
    ]);
  });

  it('is refused when it is not, and its body is never shown', async () => {
    const { webhooks, rooms, clock } = await rig();
    const good = signed(event('meeting.started', 'team-hidden', 1), clock.now());
    const other = signed(event('meeting.started', 'team-hidden', 1), clock.now(), { secret: Buffer.from('another') });
    const changed = Buffer.from(good.body.toString().replace('team-hidden', 'team-h1dden'));
    for (const forged of [
      other,
      { ...good, body: changed },
      { ...good, body: Buffer.concat([good.body, Buffer.from(' ')]) },
      { ...good, timestamp: String(clock.now() + 1) },
      { ...good, timestamp: undefined },
      { ...good, signature: undefined },
      { ...good, signature: '' },
      { ...good, signature: good.signature?.slice(0, -4) },
      { ...good, signature: Buffer.from(good.signature ?? '', 'base64').toString('hex') },
    ]) {
      const received = webhooks.receive(forged);
      expect(received.kind).toBe('forged');
      expect(JSON.stringify(received)).not.toContain('hidden');
    }
    expect(webhooks.receive(good)).toEqual({ kind: 'taken' });
    await webhooks.stop();
    expect(rooms.requests).toHaveLength(1);
  });

  it('is refused when it is old, or of a time to come', async () => {
    const { webhooks, rooms, clock } = await rig();
    const at = clock.now();
    const send = (offset: number) => webhooks.receive(signed(event('meeting.started', 'team-a', 1), at + offset));
    expect(send(-300_001)).toEqual({ kind: 'stale', detail: expect.stringContaining('got one of 300 s ago') });
    expect(send(300_001)).toEqual({ kind: 'stale', detail: expect.stringContaining('300 s ahead') });
    const nonsense = signed(event('meeting.started', 'team-a', 1), Number.NaN);
    expect(webhooks.receive(nonsense)).toMatchObject({ kind: 'forged' });
    expect(rooms.requests).toEqual([]);
    expect(send(-300_000).kind).toBe('taken');
    expect(send(300_000).kind).toBe('taken');
    await webhooks.stop();
  });

  it('counts once, however often it comes while it is fresh', async () => {
    const { webhooks, rooms, clock } = await rig();
    const body = event('meeting.started', 'team-a', 1);
    const ahead = signed(body, clock.now() + 300_000);
    expect(webhooks.receive(ahead)).toEqual({ kind: 'taken' });
    expect(webhooks.receive(ahead)).toEqual({ kind: 'repeated' });
    expect(webhooks.receive(signed(body, clock.now()))).toEqual({ kind: 'repeated' });
    await clock.pass(600_000);
    // As late as it is still let in.
    expect(webhooks.receive(ahead)).toEqual({ kind: 'repeated' });
    await clock.pass(1);
    expect(webhooks.receive(ahead).kind).toBe('stale');
    await webhooks.stop();
    expect(rooms.requests).toHaveLength(1);
  });

  it.each(['', 'junk', '[]', '7', 'null', '{"type":"meeting.started"}', '{"id":"","type":"a"}', '{"id":7,"type":"a"}'])(
    'is malformed when it is %j',
    async (body) => {
      const { webhooks, clock } = await rig();
      expect(webhooks.receive(signed(body, clock.now())).kind).toBe('malformed');
    },
  );

  it('is taken when it is about something else, or says more or less than is known', async () => {
    const { webhooks, rooms, clock } = await rig();
    for (const body of [
      { id: 'a', type: 'recording.started', payload: { room: 'team-a' } },
      { id: 'b', type: 'meeting.started' },
      { id: 'c', type: 'meeting.started', payload: { room: 7 } },
      { id: 'd', type: 'participant.joined', payload: { room: 'team-a', user_id: 'roomd-0123' } },
      { id: 'e', type: 'meeting.started', payload: { room: 'elsewhere' } },
    ]) {
      expect(webhooks.receive(signed(body, clock.now()))).toEqual({ kind: 'taken' });
    }
    await webhooks.stop();
    expect(rooms.requests).toEqual([]);
  });

  it('starts a room by what is told of it, with whatever is missing left out', async () => {
    const { webhooks, rooms, clock } = await rig();
    const odd = { room: 'team-a', user_id: null, joined_at: 'then', more: {} };
    const body = { id: 'x', type: 'participant.joined', payload: odd, event_ts: 'now' };
    expect(webhooks.receive(signed(body, clock.now()))).toEqual({ kind: 'taken' });
    await webhooks.stop();
    expect(rooms.requests).toHaveLength(1);
  });

  it('is a test when Daily tries the endpoint, whether the secret is known already or not', async () => {
    const { webhooks, rooms, clock, deps } = await rig();
    const test = { body: Buffer.from('{"test":"test"}'), signature: undefined, timestamp: undefined };
    expect(webhooks.receive(test)).toEqual({ kind: 'test' });
    expect(webhooks.receive({ ...test, body: Buffer.from('{ "test": "test" }\n') })).toEqual({ kind: 'test' });
    expect(webhooks.receive({ ...test, body: Buffer.from('{"test":"test","id":"a"}') }).kind).toBe('forged');
    const secret = webhookSecret('SECRET', {});
    const off = await openWebhooks({ secret, rules: RULES }, deps);
    expect(off.receive(test)).toEqual({ kind: 'test' });
    const body = signed(event('meeting.started', 'team-a', 1), clock.now(), { secret: Buffer.alloc(0) });
    expect(off.receive(body)).toEqual({ kind: 'off', detail: expect.stringContaining('in SECRET') });
    expect(rooms.requests).toEqual([]);
  });

  it('is counted by what became of it', async () => {
    const { webhooks, clock, telemetry } = await rig();
    const good = signed(event('meeting.ended', 'team-a', 1), clock.now());
    for (const delivery of [good, good, { ...good, signature: 'x' }]) webhooks.receive(delivery);
    const metrics: ReturnType<typeof createMetrics> = telemetry.metrics;
    const { values } = await metrics.webhooks.get();
    const counts = Object.fromEntries(values.map(({ labels, value }) => [labels.outcome, value]));
    expect(counts).toEqual({ taken: 1, repeated: 1, forged: 1 });
  });

  it.each([
    ['', false],
    ['not base64!', false],
    ['c2VjcmV0', false],
    ['c2l4dGVlbiBieXRlcyBsbw==', true],
    [' c2l4dGVlbiBieXRlcyBsbw==\n', true],
  ])('has the secret %j: %s', (text, ok) => {
    expect(webhookSecret('S', { S: text })).toMatchObject({ ok });
  });

  it('is refused by its headers where its body is of no use, and counted', async () => {
    const { webhooks, clock, deps, telemetry } = await rig();
    const { signature, timestamp } = signed('{}', clock.now());
    const off = await openWebhooks({ secret: webhookSecret('SECRET', {}), rules: RULES }, deps);
    for (const bytes of [0, 64]) {
      expect(webhooks.refuses({ signature: undefined, timestamp: undefined }, bytes)).toBeUndefined();
      expect(off.refuses({ signature: undefined, timestamp: undefined }, bytes)).toBeUndefined();
    }
    for (const bytes of [65, undefined]) {
      expect(webhooks.refuses({ signature, timestamp }, bytes)).toBeUndefined();
      expect(webhooks.refuses({ signature, timestamp: undefined }, bytes)).toMatchObject({ kind: 'forged' });
      expect(webhooks.refuses({ signature: undefined, timestamp }, bytes)).toMatchObject({ kind: 'forged' });
      expect(off.refuses({ signature, timestamp }, bytes)).toMatchObject({ kind: 'off' });
    }
    const { values } = await telemetry.metrics.webhooks.get();
    expect(Object.fromEntries(values.map(({ labels, value }) => [labels.outcome, value]))).toEqual({
      forged: 4,
      off: 2,
    });
  });

  it('is to come again when it comes while roomd stops', async () => {
    const { webhooks, rooms, clock } = await rig();
    const delivery = signed(event('meeting.started', 'team-a', 1), clock.now());
    await webhooks.stop();
    for (let i = 0; i < 2; i++) expect(webhooks.receive(delivery)).toMatchObject({ kind: 'stopping' });
    expect(webhooks.receive({ ...delivery, signature: 'x' }).kind).toBe('forged');
    expect(rooms.requests).toEqual([]);
  });

  it('holds up the end for a moment at most, when neither rooms nor the disk answer', async () => {
    const { clock, rooms, deps } = await rig();
    const never = new Promise<never>(() => {});
    const keep = { load: async () => new Map(), save: () => never };
    const stopping = { ...deps, keep, rooms: Object.assign(rooms, { spawn: () => never }) };
    const webhooks = await openWebhooks({ secret: { ok: true, secret: SECRET }, rules: RULES }, stopping);
    webhooks.receive(signed(event('meeting.started', 'team-a', 1), clock.now()));
    let isOver = false;
    const stopped = webhooks.stop().then(() => {
      isOver = true;
    });
    await clock.pass(1_999);
    expect(isOver).toBe(false);
    await clock.pass(1);
    await stopped;
    await webhooks.stop(AbortSignal.abort());
  });
});
