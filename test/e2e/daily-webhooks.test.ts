import { createHmac } from 'node:crypto';
import { expect, it } from 'vitest';
import { describeInBrowser } from '../browser/browser.ts';
import { startDailyDaemon } from './daily-rig.ts';

const SECRET = Buffer.from('a secret of this test').toString('base64');

/** The headers that Daily signs a delivery with. */
function signed(body: string, timestamp: number = Date.now(), secret: string = SECRET): Record<string, string> {
  const signature = createHmac('sha256', Buffer.from(secret, 'base64')).update(`${timestamp}.${body}`).digest('base64');
  return {
    'content-type': 'application/json',
    'x-webhook-signature': signature,
    'x-webhook-timestamp': String(timestamp),
  };
}

const event = (type: string, payload: object, at: number): string =>
  JSON.stringify({ version: '1.0.0', type, id: crypto.randomUUID(), payload, event_ts: at });

describeInBrowser('a meeting', () => {
  it('that begins brings its bot into the call, and one that ends takes it out', { timeout: 60_000 }, async () => {
    const rules = [
      { rooms: 'standup-*', options: { greet: false }, tenantId: 'acme' },
      { rooms: '*', bot: 'nobody' },
    ];
    const { roomd, standIn } = await startDailyDaemon(
      { webhooks: { secretEnv: 'TEST_DAILY_SECRET', rules } },
      { bots: { nobody: { command: ['/nonexistent'] } } },
      { TEST_DAILY_SECRET: SECRET },
    );
    const deliver = async (body: string, headers = signed(body)) =>
      (await fetch(`${roomd.url}/webhooks/daily`, { method: 'POST', headers, body })).status;
    const now = Math.floor(Date.now() / 1_000);
    const meeting = { room: 'standup-blue', meeting_id: 'm-1' };

    expect(await deliver('{"test":"test"}', { 'content-type': 'application/json' })).toBe(200);
    const began = event('meeting.started', { ...meeting, start_ts: now }, now);
    expect(await deliver(began, signed(began, Date.now(), Buffer.from('another').toString('base64')))).toBe(401);
    expect(await deliver(began, signed(began, Date.now() - 3_600_000))).toBe(401);
    expect((await fetch(`${roomd.url}/v1/rooms/standup-blue`)).status).toBe(404);

    expect(await deliver(began)).toBe(200);
    await roomd.until('standup-blue', 'assistant.room.join.succeeded');
    expect(await roomd.room('standup-blue')).toMatchObject({ connector: 'daily', tenantId: 'acme', state: 'live' });
    const [bot] = standIn.room('standup-blue').members;
    expect(bot?.userId).toMatch(/^roomd-/);
    // Of the bot itself Daily tells too.
    const itself = event('participant.joined', { ...meeting, user_id: bot?.userId, joined_at: now + 1 }, now + 1);
    expect(await deliver(itself)).toBe(200);
    expect(await deliver(began)).toBe(200);

    expect(await deliver(event('meeting.ended', { ...meeting, start_ts: now, end_ts: now + 60 }, now + 60))).toBe(200);
    expect(await roomd.over('standup-blue')).toMatchObject({ attempt: 1, stop: { reason: 'requested' } });
    expect(standIn.room('standup-blue').members).toEqual([]);
    const counted = ['test', 'forged', 'stale', 'taken', 'repeated'].map(async (outcome) => [
      outcome,
      await roomd.metric('roomd_daily_webhooks_total', `outcome="${outcome}"`),
    ]);
    expect(Object.fromEntries(await Promise.all(counted))).toEqual({
      test: 1,
      forged: 1,
      stale: 1,
      taken: 3,
      repeated: 1,
    });
  });
});
