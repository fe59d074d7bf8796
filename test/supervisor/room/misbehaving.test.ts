import { describe, expect, it } from 'vitest';
import type { Envelope } from '../../../spec/envelope.ts';
import type { TopicPayloads } from '../../../spec/generated/topics.ts';
import { specVersion } from '../../../spec/spec-version.ts';
import { assertNoGaps, type Client, type Event, runDaemon, testBot } from '../../helpers/daemon.ts';

type Rejected = TopicPayloads['events.envelope.rejected'];

const bots = (...names: string[]) => Object.fromEntries(names.map((name) => [name, { command: testBot(name) }]));

function rejections(events: readonly Event[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const { envelope } of events) {
    if (envelope.topic !== 'events.envelope.rejected') continue;
    for (const [reason, count] of Object.entries((envelope.payload as Rejected).reasons ?? {})) {
      sum[reason] = (sum[reason] ?? 0) + count;
    }
  }
  return sum;
}

/** A neighbour that goes about its business: stays live, and answers when it is told to leave. */
async function neighbour(roomd: Client): Promise<() => Promise<void>> {
  await roomd.spawn('neighbour');
  await roomd.until('neighbour', 'assistant.session.started');
  return async () => {
    expect(await roomd.room('neighbour')).toMatchObject({
      state: 'live',
      attempt: 1,
      counts: { rejected: 0, dropped: 0 },
    });
    await roomd.stop('neighbour');
    expect(await roomd.over('neighbour')).toMatchObject({ stop: { reason: 'requested', code: 0 } });
    assertNoGaps(await roomd.history('neighbour'));
  };
}

async function stopped(roomd: Client, roomId: string): Promise<Event[]> {
  await roomd.stop(roomId);
  await roomd.over(roomId);
  const events = await roomd.history(roomId);
  assertNoGaps(events);
  return events;
}

describe('a bot that misbehaves hurts nobody and is seen', () => {
  it('junk: every kind of it is counted, what is valid passes', async () => {
    const roomd = await runDaemon({ bots: bots('junk') });
    const unharmed = await neighbour(roomd);
    await roomd.spawn('junk', { bot: 'junk' });
    await roomd.until('junk', 'room.participant.left');
    const events = await stopped(roomd, 'junk');
    expect(rejections(events)).toEqual({
      not_json: 2,
      invalid_envelope: 2,
      unknown_topic: 1,
      invalid_payload: 2,
      reserved_topic: 1,
      repeated_id: 1,
      duplicate_key: 1,
    });
    expect((await roomd.room('junk')).counts.rejected).toBe(10);
    expect(await roomd.metric('roomd_events_rejected_total')).toBe(10);
    expect(await roomd.metric('roomd_events_rejected_total', 'reason="not_json"')).toBe(2);
    expect(JSON.stringify(events)).not.toContain('print statement');
    await unharmed();
  });

  it('half a line, then death: the exit says what happened', async () => {
    const roomd = await runDaemon({ bots: bots('half-line'), rooms: { restart: { attempts: 0 } } });
    const unharmed = await neighbour(roomd);
    await roomd.spawn('half', { bot: 'half-line' });
    await roomd.over('half');
    const events = await roomd.history('half');
    assertNoGaps(events);
    expect(rejections(events)).toEqual({ not_json: 1 });
    const exit = events.find(({ envelope }) => envelope.topic === 'supervisor.bot.exited')?.envelope.payload;
    expect(exit).toMatchObject({ code: 3, signal: null, reason: 'crash', stderr: ['I feel a little', 'unwell'] });
    expect(await roomd.metric('roomd_bot_exits_total', 'reason="crash"')).toBe(1);
    await unharmed();
  });

  it('a line of 10 MB: skipped and counted, the next one is read', async () => {
    const roomd = await runDaemon({ bots: bots('long-line') });
    const unharmed = await neighbour(roomd);
    await roomd.spawn('long', { bot: 'long-line' });
    await roomd.until('long', 'room.participant.joined', ({ payload }) => payload.participantId === 'after');
    expect(rejections(await stopped(roomd, 'long'))).toEqual({ line_too_long: 1 });
    expect(await roomd.metric('roomd_events_rejected_total', 'reason="line_too_long"')).toBe(1);
    await unharmed();
  });

  it('invalid UTF-8: refused, and text beyond ASCII survives', async () => {
    const roomd = await runDaemon({ bots: bots('invalid-utf8') });
    await roomd.spawn('bytes', { bot: 'invalid-utf8' });
    const { payload } = await roomd.until('bytes', 'room.participant.joined');
    expect(payload.name).toBe('Zoë 🦊');
    expect(rejections(await stopped(roomd, 'bytes'))).toEqual({ invalid_utf8: 1 });
    expect(await roomd.metric('roomd_events_rejected_total', 'reason="invalid_utf8"')).toBe(1);
  });

  it('lies about its room, run and place: overwritten; its numbers keep their digits', async () => {
    const roomd = await runDaemon({ bots: bots('liar') });
    const room = await roomd.spawn('honest', { bot: 'liar', tenantId: 'acme' });
    const { meta, tenantId } = await roomd.until('honest', 'room.participant.joined');
    expect([meta?.runId, meta?.attempt, tenantId]).toEqual([room.runId, 1, 'acme']);
    const { payload } = await roomd.until('honest', 'events.envelope.overwritten');
    expect(payload.fields).toEqual(['roomId', 'runId', 'tenantId']);
    expect(await roomd.metric('roomd_events_overwritten_total')).toBe(1);
    expect((await fetch(`${roomd.url}/v1/rooms/somebody-else`)).status).toBe(404);
    await roomd.until('honest', 'bot.health.heartbeat');
    const page = await fetch(`${roomd.url}/v1/rooms/honest/events?topic=bot.health.heartbeat`);
    expect(await page.text()).toContain('"rssBytes":9007199254740993');
    await stopped(roomd, 'honest');
  });

  it('a flood: held back at its own pipe, and another room is served meanwhile', async () => {
    const roomd = await runDaemon({ bots: bots('flood', 'obedient') });
    const flood = await roomd.spawn('flood', { bot: 'flood' });
    await roomd.until('flood', 'room.speaker.changed', ({ payload }) => payload.at > 100);
    const unharmed = await neighbour(roomd);
    for (const roomId of ['n1', 'n2', 'n3']) {
      await roomd.spawn(roomId, { bot: 'obedient' });
      await roomd.until(roomId, 'assistant.room.join.succeeded');
    }
    await unharmed();
    await roomd.stop('flood');
    const over = await roomd.over('flood');
    expect(over).toMatchObject({
      runId: flood.runId,
      attempt: 1,
      stop: { reason: 'requested' },
      counts: { rejected: 0 },
    });
    expect(over.counts.events).toBeGreaterThan(1_000);
    const held = await roomd.until('flood', 'supervisor.bot.held_back');
    expect(held.payload.count).toBeGreaterThan(0);
    expect(await roomd.metric('roomd_pipe_holds_total')).toBeGreaterThan(0);
    expect(await roomd.metric('roomd_bots_held')).toBe(0);
  });

  it('says nothing for itself: its claims to be the supervisor are refused', async () => {
    const roomd = await runDaemon({ bots: bots('junk') });
    await roomd.spawn('forger', { bot: 'junk' });
    await roomd.until('forger', 'room.participant.left');
    const events = await stopped(roomd, 'forger');
    expect(events.filter(({ envelope }) => envelope.topic === 'supervisor.policy.enforced')).toEqual([]);
  });
});

describe('P5 specVersion', () => {
  it('is the same in the bus, the bot and the supervisor', async () => {
    const roomd = await runDaemon();
    await roomd.spawn('same');
    const started = await roomd.until('same', 'assistant.session.started');
    const own = await roomd.until('same', 'supervisor.room.state.changed');
    expect([started.specVersion, own.specVersion, (await roomd.room('same')).specVersion]).toEqual(
      Array.from({ length: 3 }, () => specVersion),
    );
    expect(
      (await roomd.history('same')).some(({ envelope }) => envelope.topic === 'events.runtime.version.mismatch'),
    ).toBe(false);
  });

  it('of a bot that was built with another one is told once, with both', async () => {
    const roomd = await runDaemon({ bots: bots('other-spec') });
    await roomd.spawn('other', { bot: 'other-spec' });
    await roomd.until('other', 'room.participant.joined');
    const mismatches = (await stopped(roomd, 'other')).filter(
      ({ envelope }) => envelope.topic === 'events.runtime.version.mismatch',
    );
    expect(mismatches.map(({ envelope }) => (envelope as Envelope<'events.runtime.version.mismatch'>).payload)).toEqual(
      [{ expected: specVersion, actual: `sha256:${'ab'.repeat(32)}` }],
    );
    expect(await roomd.metric('roomd_spec_mismatches_total')).toBe(1);
  });
});
