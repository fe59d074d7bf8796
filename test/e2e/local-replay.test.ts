import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import type { TopicPayloads } from '../../spec/generated/topics.ts';
import { type Event, root, temporaryFolder } from '../helpers/daemon.ts';
import { guest } from '../helpers/guest.ts';
import { serve } from '../helpers/serve.ts';

const POLICY = {
  turns: { maxConsecutive: 2 },
  content: { blockedPhrases: ['rhubarb'] },
  attention: { cooldown: '1h', mentionsBypassCooldown: true },
};

const payloads = (events: readonly Event[], topics: RegExp) =>
  events.flatMap(({ envelope: { topic, payload } }) => (topics.test(topic) ? [{ topic, payload }] : []));
/** What its bot did, but for numbers and times that are of the room and the run. */
const done = (events: readonly Event[]) =>
  events.flatMap<object>(({ envelope: { topic, payload } }) => {
    const { text, replyTo } = payload as TopicPayloads['room.message.sent'];
    const { rule, count } = payload as TopicPayloads['conversation.policy.violation'];
    if (topic === 'room.message.sent') return [{ text, replyTo }];
    return topic === 'conversation.policy.violation' ? [{ rule, count }] : [];
  });
const FACTS = /^room\.(?:participant|message\.(?:received|edited|deleted|moderated)|reaction|typing|presence)/;

it('a local room, exported and replayed, goes the same way at any speed', { timeout: 120_000 }, async () => {
  const data = await temporaryFolder();
  const moderation = { redact: [{ name: 'number', pattern: '\\d{4,}' }] };
  await writeFile(join(data, 'roomd.yaml'), JSON.stringify({ connectors: { local: { moderation } } }));
  await writeFile(join(data, 'policy.yaml'), JSON.stringify(POLICY));
  const roomd = await serve(data);
  const cli = (...args: string[]) => {
    const env = { ...process.env, ROOMD_URL: roomd.url };
    return promisify(execFile)(process.execPath, [join(root, 'supervisor/main.ts'), ...args], { cwd: data, env });
  };
  await cli('spawn', 'lobby', '--policy', 'policy.yaml');
  await roomd.until('lobby', 'assistant.session.started');

  const ada = await guest(roomd.url, 'lobby', 'Ada');
  /** Says it, and waits for what the bot answers to that. */
  const ask = async (text: string, replyTo?: string) => {
    const { messageId } = await ada.act('say', { text, replyTo });
    const { payload } = await ada.until('room.message.sent', (sent) => sent.replyTo === messageId);
    return payload;
  };
  expect((await ada.until('room.message.sent')).payload.text).toMatch(/^Welcome, Ada!/);
  const bo = await guest(roomd.url, 'lobby', 'Bo');
  const { text, messageId } = await ask('@bot who is here?');
  expect(text).toBe('Ada and Bo, and I.');
  await bo.act('rename', { name: 'Robert' });
  await bo.act('say', { text: 'call 12345' });
  expect((await ask('who speaks most?', messageId)).text).toMatch(/^In the last 5 minutes, Robert: 1 message, 100 %/);
  expect((await ask('@bot say rhubarb')).text).toMatch(/^I may not say that/);
  // What the room masks of its bot's words is done to them again, or not: that isn't the recording's to say.
  expect((await ask('@bot say number nine')).text).toBe('number nine');
  await bo.act('leave');
  await ada.act('leave');
  await cli('stop', 'lobby');
  await roomd.over('lobby');
  const original = await roomd.history('lobby');
  expect(done(original)).toHaveLength(6);

  await cli('export', 'lobby', '--out', 'taped.jsonl');
  for (const speed of ['1', '3000']) {
    const room = `at-${speed}`;
    await cli('replay', './taped.jsonl', '--speed', speed, '--policy', 'policy.yaml', '--room', room);
    expect(await roomd.over(room)).toMatchObject({
      stop: { reason: 'bot_done', code: 0 },
      counts: { rejected: 0, dropped: 0 },
    });
    const replayed = await roomd.history(room);
    // What the bot has said in the recording is known to be said by it: a reply to that is for it.
    expect(done(replayed)).toEqual(done(original));
    expect(payloads(replayed, FACTS)).toEqual(payloads(original, FACTS));
    expect(JSON.stringify(replayed)).not.toContain('"unreported"');
  }
  expect(JSON.stringify(original)).not.toContain('"unreported"');
  expect(await roomd.end('SIGTERM')).toBe(0);
});
