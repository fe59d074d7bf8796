import { expect, it } from 'vitest';
import { describeInBrowser } from '../browser/browser.ts';
import type { Client } from '../helpers/daemon.ts';
import { gone } from '../helpers/processes.ts';
import { browserProcesses, joined, startDailyDaemon } from './daily-rig.ts';

/** Resolves when the bot has joined for the so-manieth time. */
async function joinedAgain(roomd: Client, roomId: string, times: number): Promise<void> {
  let seen = 0;
  await roomd.until(roomId, 'assistant.room.join.succeeded', () => ++seen === times);
}

/** The bot is the same process all the time. */
async function expectNoCrash(roomd: Client, roomId: string): Promise<void> {
  expect(await roomd.room(roomId)).toMatchObject({ state: 'live', attempt: 1, stop: null });
  const topics = (await roomd.history(roomId)).map(({ envelope }) => envelope.topic);
  expect(topics).not.toContain('supervisor.bot.exited');
}

describeInBrowser('a bot in a call', () => {
  it('knows of a connection that breaks and holds again', { timeout: 60_000 }, async () => {
    const { roomd, standIn } = await startDailyDaemon();
    await joined(roomd, 'standup');
    const room = standIn.room('standup');
    const bot = await room.member('roomd');
    bot.cutNetwork();
    await roomd.until('standup', 'room.connection.changed', ({ payload }) => payload.state === 'interrupted');
    const ada = room.enter('Ada');
    ada.chat('is anybody there?');
    bot.restoreNetwork();
    await roomd.until('standup', 'room.connection.changed', ({ payload }) => payload.state === 'connected');
    await roomd.until('standup', 'room.participant.joined', ({ payload }) => payload.name === 'Ada');
    await expectNoCrash(roomd, 'standup');
  });

  it('comes back into a call that it has lost, and knows who has come and gone', { timeout: 60_000 }, async () => {
    const { roomd, standIn } = await startDailyDaemon();
    const room = standIn.room('standup');
    const [ada, bo] = [room.enter('Ada'), room.enter('Bo')];
    await joined(roomd, 'standup');
    const bot = await room.member('roomd');
    bot.cutNetwork();
    bo.leave();
    room.enter('Cy');
    bot.fail('connection-error');
    await joinedAgain(roomd, 'standup', 2);
    await roomd.until('standup', 'room.participant.joined', ({ payload }) => payload.name === 'Cy');
    ada.chat('@bot who is here');
    await ada.message((data) => JSON.stringify(data).includes('Ada and Cy, and I.'));
    const people = (await roomd.history('standup'))
      .map(({ envelope }) => envelope)
      .filter(({ topic }) => topic.startsWith('room.participant.'))
      .map(({ topic, payload }) => [topic, 'name' in payload && payload.name]);
    expect(people.toSorted()).toEqual([
      ['room.participant.joined', 'Ada'],
      ['room.participant.joined', 'Bo'],
      ['room.participant.joined', 'Cy'],
      ['room.participant.left', 'Bo'],
    ]);
    await expectNoCrash(roomd, 'standup');
  });

  it('comes back when the browser is killed', { timeout: 60_000 }, async () => {
    const { roomd, standIn } = await startDailyDaemon();
    await joined(roomd, 'a');
    await joined(roomd, 'b');
    const { browsers, hosts } = browserProcesses(process.pid);
    expect([browsers.length, hosts.length]).toEqual([1, 1]);
    process.kill(browsers[0] ?? 0, 'SIGKILL');
    for (const roomId of ['a', 'b']) {
      await joinedAgain(roomd, roomId, 2);
      await expectNoCrash(roomd, roomId);
      await standIn.room(roomId).member('roomd');
    }
    expect(browserProcesses(process.pid).hosts).toEqual(hosts);
  });

  it('comes back when its page crashes', { timeout: 60_000 }, async () => {
    const { roomd, standIn } = await startDailyDaemon();
    await joined(roomd, 'standup');
    const { browsers, pages } = browserProcesses(process.pid);
    for (const pid of pages) process.kill(pid, 'SIGKILL');
    await joinedAgain(roomd, 'standup', 2);
    await expectNoCrash(roomd, 'standup');
    await standIn.room('standup').member('roomd');
    // It is the same browser.
    expect(browserProcesses(process.pid).browsers).toEqual(browsers);
  });

  it('comes back when the process that has the browser is killed', { timeout: 60_000 }, async () => {
    const { roomd, standIn } = await startDailyDaemon();
    await joined(roomd, 'standup');
    const { hosts, browsers } = browserProcesses(process.pid);
    process.kill(hosts[0] ?? 0, 'SIGKILL');
    await Promise.all(browsers.map(gone));
    await joinedAgain(roomd, 'standup', 2);
    await expectNoCrash(roomd, 'standup');
    await standIn.room('standup').member('roomd');
  });
});
