import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Command } from '../../spec/command.ts';
import { parseEnvelope } from '../../spec/envelope.ts';
import type { TopicId, TopicPayloads } from '../../spec/generated/topics.ts';
import { specVersion } from '../../spec/spec-version.ts';
import { canonicalJson, sha256 } from '../../spec/version.ts';
import { BotProcess, testFolder } from '../helpers/bot-process.ts';

let count = 0;
/** The supervisor tells of it. */
function told<T extends TopicId>(topic: T, payload: TopicPayloads[T], past?: true): Command {
  const id = `0190b1c2-0000-7000-9000-${String(++count).padStart(12, '0')}`;
  return { type: 'room.event', event: { id, ts: 1_730_000_000_000, topic, payload }, ...(past && { past }) };
}
const joined = (participantId: string, past?: true) =>
  told('room.participant.joined', { participantId, name: participantId.toUpperCase(), isBot: false }, past);
const wrote = (messageId: string, text: string, more: object = {}, past?: true) =>
  told('room.message.received', { messageId, participantId: 'ada', text, at: 0, ...more }, past);
const SHUTDOWN: Command = { type: 'shutdown', reason: 'requested', deadlineMs: 5_000 };

describe('the real bot in a local room', () => {
  test('C1: welcomes, answers and repeats, within its policy, and publishes only what it does', async () => {
    const bot = new BotProcess({ policy: { content: { blockedPhrases: ['rhubarb'] } } });
    // Before it is in, as a supervisor may.
    for (const command of [joined('ada', true), wrote('a', '@bot help', {}, true)]) bot.send(command);
    await bot.seen('assistant.session.started');
    bot.send(joined('bo'));
    const asked = [wrote('b', 'who is here, @bot?', { mentions: ['bot'] }), wrote('c', '@bot say rhubarb')];
    for (const command of asked) bot.send(command);
    await bot.until(() => bot.payloads('room.message.sent').length === 3);
    bot.send(SHUTDOWN);
    expect((await bot.exited).code).toBe(0);
    expect(bot.payloads('room.message.sent').map(({ text, replyTo }) => [replyTo, text])).toEqual([
      [undefined, expect.stringMatching(/^Welcome, BO!/)],
      ['b', 'ADA and BO, and I.'],
      ['c', 'I may not say that: the policy of this room keeps it out.'],
    ]);
    expect(bot.payloads('conversation.policy.violation')).toMatchObject([{ rule: 'content.blockedPhrases', count: 1 }]);
    for (const event of bot.events) expect(parseEnvelope(JSON.stringify(event)).ok).toBe(true);
    expect(new Set(bot.topics().filter((topic) => /^room\./.test(topic)))).toEqual(new Set(['room.message.sent']));
    expect(bot.stderr).toBe('');
  });

  test('a bot that waited hears what comes in one piece with its room', async () => {
    const folder = testFolder();
    const BOT_POLICY_PATH = join(folder, 'policy.json');
    const none = { ROOMD_ROOM_ID: undefined, ROOMD_ATTEMPT: undefined, ROOMD_CONNECTOR: undefined };
    const bot = new BotProcess({ env: { ...none, ROOMD_OPTIONS: undefined, BOT_POLICY_PATH, ROOMD_WARM: '1' } });
    await bot.seen('bot.health.heartbeat');
    const policyVersion = sha256(canonicalJson({}));
    writeFileSync(BOT_POLICY_PATH, JSON.stringify({ policyVersion, layers: ['defaults'], policy: {} }));
    const env = { ROOMD_ROOM_ID: 'blue', ROOMD_RUN_ID: 'run-1', BOT_POLICY_PATH, ROOMD_ASSISTANT_ID: 'ann' };
    const commands: Command[] = [{ type: 'assign', env }, joined('ada', true), wrote('a', 'Ann, who is here?')];
    bot.child.stdin.write(commands.map((command) => `${JSON.stringify(command)}\n`).join(''));
    await bot.seen('room.message.sent');
    expect(bot.payloads('room.message.sent')).toMatchObject([
      { participantId: 'ann', text: 'Only ADA, and I.', replyTo: 'a' },
    ]);
    bot.send(SHUTDOWN);
    expect((await bot.exited).code).toBe(0);
  });
});

test('the bot of the tests that chats keeps the protocol', async () => {
  const policyPath = join(testFolder(), 'policy.json');
  writeFileSync(policyPath, JSON.stringify({ policyVersion: sha256(canonicalJson({})), layers: [], policy: {} }));
  const options = { ROOMD_OPTIONS: '{"tells":true}', ROOMD_ASSISTANT_ID: 'ann', ROOMD_RUN_ID: 'run-1' };
  const env = { BOT_POLICY_PATH: policyPath, ROOMD_SPEC_VERSION: specVersion, ROOMD_HEARTBEAT_MS: '60000', ...options };
  const chatty = fileURLToPath(new URL('../bots/chatty.mjs', import.meta.url));
  const child = spawn(process.execPath, [chatty], { env, stdio: 'pipe' });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const mentioned = { mentions: ['ann'] };
  const commands = [wrote('a', 'one', mentioned, true), wrote('b', 'two'), wrote('c', 'three', mentioned), SHUTDOWN];
  for (const command of commands) child.stdin.write(`${JSON.stringify(command)}\n`);
  expect(await once(child, 'close')).toEqual([0, null]);
  const heard = lines.map(parseEnvelope);
  expect(heard.every(({ ok }) => ok)).toBe(true);
  expect(heard.flatMap((one) => (one.ok ? [one.envelope] : [])).at(-1)).toMatchObject({
    topic: 'room.message.sent',
    payload: { participantId: 'ann', text: 'You said: three', replyTo: 'c' },
  });
  expect(stderr).toBe('told: room.message.received past\ntold: room.message.received\ntold: room.message.received\n');
});
