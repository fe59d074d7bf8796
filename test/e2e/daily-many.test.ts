import { expect, it } from 'vitest';
import { describeInBrowser } from '../browser/browser.ts';
import { browserProcesses, joined, startDailyDaemon } from './daily-rig.ts';

const ROOMS = 20;

describeInBrowser(`${ROOMS} rooms in one browser`, () => {
  it('each hears its own people alone', { timeout: 120_000 }, async () => {
    const { roomd, standIn } = await startDailyDaemon();
    const rooms = Array.from({ length: ROOMS }, (_, i) => `room-${i}`);
    await Promise.all(rooms.map((roomId) => joined(roomd, roomId)));
    const { browsers } = browserProcesses(process.pid);
    expect(browsers).toHaveLength(1);
    for (const roomId of rooms) {
      const ada = standIn.room(roomId).enter(`Ada of ${roomId}`);
      ada.chat(`hello, ${roomId}`);
    }
    for (const roomId of rooms) {
      await roomd.until(roomId, 'room.message.received');
      const heard = (await roomd.history(roomId)).map(({ envelope }) => envelope);
      const of = (topic: string) => heard.filter((envelope) => envelope.topic === topic).map(({ payload }) => payload);
      expect(of('room.participant.joined')).toMatchObject([{ name: `Ada of ${roomId}` }]);
      expect(of('room.message.received')).toMatchObject([{ text: `hello, ${roomId}` }]);
    }
    await Promise.all(rooms.map((roomId) => roomd.stop(roomId)));
    for (const roomId of rooms) expect((await roomd.over(roomId)).stop?.reason).toBe('requested');
    for (const roomId of rooms) expect(standIn.room(roomId).members).toHaveLength(1);
    expect(browserProcesses(process.pid).browsers).toEqual(browsers);
  });
});
