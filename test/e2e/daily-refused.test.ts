import { expect, it, vi } from 'vitest';
import { describeInBrowser } from '../browser/browser.ts';
import { FATAL } from '../daily/stand-in/stand-in.ts';
import { startDailyDaemon } from './daily-rig.ts';

describeInBrowser('a bot that may not come in', () => {
  it('for the key isn’t accepted', { timeout: 60_000 }, async () => {
    const { roomd, rest } = await startDailyDaemon(
      { apiKeyEnv: 'WRONG_DAILY_KEY' },
      {},
      { WRONG_DAILY_KEY: 'wrong-key-of-nobody' },
    );
    await roomd.spawn('standup', { connector: 'daily' });
    const { payload } = await roomd.until('standup', 'assistant.room.join.failed');
    expect(JSON.stringify(payload)).toContain('WRONG_DAILY_KEY');
    expect(await roomd.over('standup')).toMatchObject({ state: 'failed', attempt: 1, stop: { reason: 'join_failed' } });
    expect(rest.tokens).toEqual([]);
    expect(JSON.stringify(await roomd.history())).not.toContain('wrong-key-of-nobody');
  });

  it('for Daily says what stays so', { timeout: 60_000 }, async () => {
    const { roomd, standIn } = await startDailyDaemon();
    const final = FATAL.filter((type) => !/^(nbf-|exp-token|connection-)/.test(type));
    standIn.admit = ({ room }) => ({
      refused: final.find((type) => type === room) ?? 'not-allowed',
      message: 'because',
    });
    expect(final).toHaveLength(6);
    for (const roomId of final) await roomd.spawn(roomId, { connector: 'daily' });
    for (const roomId of final) {
      expect(await roomd.over(roomId)).toMatchObject({ state: 'failed', attempt: 1, stop: { reason: 'join_failed' } });
      const { payload } = await roomd.until(roomId, 'assistant.room.join.failed');
      expect(payload).toMatchObject({ reason: expect.stringMatching(`^${roomId}: `), retryable: false });
    }
  });

  it('at first, for the room isn’t open yet', { timeout: 60_000 }, async () => {
    const { roomd, standIn } = await startDailyDaemon();
    const { admit } = standIn;
    const refuse = vi.fn(() => ({ refused: 'nbf-room' as const }));
    standIn.admit = refuse;
    await roomd.spawn('standup', { connector: 'daily' });
    await roomd.until('standup', 'assistant.room.join.failed');
    standIn.admit = admit;
    await roomd.until('standup', 'assistant.room.join.succeeded');
    expect(refuse).toHaveBeenCalled();
  });
});
