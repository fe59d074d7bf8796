import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { TopicId } from '../../spec/generated/topics.ts';
import { BotProcess, testFolder } from '../helpers/bot-process.ts';
import { chatter, recording } from '../helpers/recording.ts';

const COUNT = 60_000;

/** A real bot in a room far too lively for a reader that has stopped. */
function lively(more: Partial<ConstructorParameters<typeof BotProcess>[0]> = {}): BotProcess {
  const ROOMD_OPTIONS = recording(testFolder(), chatter(COUNT), 1_000_000);
  const env = { ROOMD_CONNECTOR: 'transcript', ROOMD_OPTIONS, ROOMD_HEARTBEAT_MS: '50' };
  return new BotProcess({ env, stalled: true, ...more });
}

const shedding = 'events are being dropped';

/** Events of a topic that arrived, and those that were reported as dropped. */
function account(bot: BotProcess, topic: TopicId): { received: number; dropped: number } {
  const drops = bot.payloads('events.dropped').filter((drop) => drop.topic === topic);
  return {
    received: bot.payloads(topic).length,
    dropped: drops.reduce((sum, { count }) => sum + count, 0),
  };
}

/** Answers come on standard error while nobody reads standard output: the event loop turns. */
async function answers(bot: BotProcess): Promise<void> {
  const before = bot.stderr.split('command ignored').length;
  bot.send('are you there?');
  await bot.until(() => bot.stderr.split('command ignored').length > before);
}

describe('P12: a reader that stalls', () => {
  test('does not stop the bot, and afterwards published = received + dropped', async () => {
    const bot = lively();
    await bot.until(() => bot.stderr.includes(shedding));
    for (let i = 0; i < 20; i++) await answers(bot);
    bot.read();
    await bot.until(() => {
      const { received, dropped } = account(bot, 'room.transcript.received');
      return received + dropped === COUNT && account(bot, 'events.dropped').received > 0;
    });
    bot.send({ type: 'shutdown', reason: 'requested', deadlineMs: 10_000 });
    expect(await bot.exited).toEqual({ code: 0, signal: null });
    // A and B take turns without a gap: one change at the start of each, and one at the end of all.
    const floor = account(bot, 'room.speaker.changed');
    expect(floor.dropped).toBeGreaterThan(0);
    expect(floor.received + floor.dropped).toBe(COUNT + 1);
    expect(bot.payloads('assistant.session.ended')).toMatchObject([{ reason: 'requested' }]);
    // Its heart went on beating: what was published grew from beat to beat, and so did the uptime.
    const beats = bot.payloads('bot.health.heartbeat');
    const last = beats.at(-1);
    expect(last?.published).toBeGreaterThan(COUNT);
    expect(last?.dropped).toBe(bot.payloads('events.dropped').reduce((sum, { count }) => sum + count, 0));
    expect(beats.every(({ queueFill }) => queueFill <= 1)).toBe(true);
    const heart = account(bot, 'bot.health.heartbeat');
    expect((last?.uptimeMs ?? 0) / 50).toBeGreaterThanOrEqual(heart.received + heart.dropped - 1);
  });

  test('does not keep the bot from ending at its deadline, and it says what is lost', async () => {
    const bot = lively();
    await bot.until(() => bot.stderr.includes(shedding));
    bot.send({ type: 'shutdown', reason: 'requested', deadlineMs: 300 });
    await bot.until(() => /\d+ events could not be written: nobody reads/.test(bot.stderr));
    bot.child.stdout.resume();
    expect(await bot.exited).toEqual({ code: 0, signal: null });
  });

  test('does not cost a crashing bot its last words', async () => {
    const fault = join(testFolder(), 'fault.cjs');
    writeFileSync(fault, "process.on('SIGUSR2', () => { throw new Error('out of luck'); });");
    const bot = lively({ nodeArguments: ['--require', fault] });
    await bot.until(() => bot.stderr.includes(shedding));
    bot.child.kill('SIGUSR2');
    await bot.until(() => bot.stderr.includes('Error: out of luck'));
    bot.read();
    expect(await bot.exited).toEqual({ code: 1, signal: null });
    // Far more than any pipe holds, and not one transcript missing that isn't accounted for.
    expect(bot.bytes).toBeGreaterThan(2_000_000);
    const numbers = bot.payloads('room.transcript.received').map(({ text }) => Number(text));
    const { dropped } = account(bot, 'room.transcript.received');
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    expect(numbers.length + dropped).toBeGreaterThanOrEqual((numbers.at(-1) ?? 0) + 1);
  });
});
