import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import type { TopicPayloads } from '../../spec/generated/topics.ts';
import { describeInBrowser } from '../browser/browser.ts';
import { type Event, root } from '../helpers/daemon.ts';
import { joined, startDailyDaemon } from './daily-rig.ts';

const said = (events: readonly Event[]) =>
  events.flatMap(({ envelope: { topic, payload } }) =>
    topic === 'room.message.sent' ? [(payload as TopicPayloads['room.message.sent']).text] : [],
  );

describeInBrowser('a call, exported and replayed', () => {
  it('goes the same way', { timeout: 60_000 }, async () => {
    const { roomd, standIn } = await startDailyDaemon({ userName: 'Hedwig' });
    const room = standIn.room('call');
    const eve = room.enter('Eve');
    await joined(roomd, 'call');
    await roomd.until('call', 'room.participant.joined');
    const texts: string[] = [];
    const answer = async () => {
      const { payload } = await roomd.until(
        'call',
        'room.message.sent',
        (event) => !texts.includes(event.payload.text),
      );
      texts.push(payload.text);
    };
    eve.chat('@Hedwig who is here');
    await answer();
    room.enter('Ada');
    await answer();
    eve.chat('Hedwig: say so');
    await answer();
    expect(texts).toEqual(['Only Eve, and I.', expect.stringMatching(/^Welcome, Ada!/), 'so']);
    await roomd.stop('call');
    await roomd.over('call');

    const cli = (...args: string[]) => {
      const env = { ...process.env, ROOMD_URL: roomd.url };
      return promisify(execFile)(process.execPath, [join(root, 'supervisor/main.ts'), ...args], {
        cwd: roomd.data,
        env,
      });
    };
    await cli('export', 'call', '--out', 'taped.jsonl');
    await cli('replay', './taped.jsonl', '--speed', '10', '--room', 'again');
    await roomd.over('again');
    expect(said(await roomd.history('again'))).toEqual(texts);
  });
});
