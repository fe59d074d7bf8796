import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseEnvelope } from '../../spec/envelope.ts';
import { specVersion } from '../../spec/spec-version.ts';
import { canonicalJson, sha256 } from '../../spec/version.ts';
import { BotProcess, testFolder } from '../helpers/bot-process.ts';

/** A real bot that waits, and what a supervisor would tell it of its room. */
function waitingBot(env: Record<string, string> = {}, nodeArguments: readonly string[] = []) {
  const folder = testFolder();
  const spill = join(folder, 'unacknowledged.jsonl');
  const of = { ROOMD_RUN_ID: 'run-1', ROOMD_SPILL_PATH: spill, BOT_POLICY_PATH: join(folder, 'policy.json') };
  const none = { ROOMD_ROOM_ID: undefined, ROOMD_ATTEMPT: undefined };
  const options = { ROOMD_CONNECTOR: undefined, ROOMD_OPTIONS: undefined };
  const bot = new BotProcess({ nodeArguments, env: { ...none, ...options, ...of, ROOMD_WARM: '1', ...env } });
  const assign = (more: Record<string, string> = {}) => {
    const policyVersion = sha256(canonicalJson({}));
    writeFileSync(of.BOT_POLICY_PATH, JSON.stringify({ policyVersion, layers: ['defaults'], policy: {} }));
    bot.send({ type: 'assign', env: { ...of, ROOMD_ROOM_ID: 'blue', ROOMD_HEARTBEAT_MS: '600000', ...more } });
  };
  return { bot, assign, spill, ready: bot.seen('bot.health.heartbeat') };
}

const begun = [
  'conversation.policy.loaded',
  'assistant.room.join.requested',
  'assistant.room.join.succeeded',
  'assistant.session.started',
];

describe('a waiting bot', () => {
  test('beats its heart, and from its assignment on is like any other', async () => {
    const { bot, assign, ready } = waitingBot({ ROOMD_HEARTBEAT_MS: '1' });
    await ready;
    await bot.until(() => bot.events.length >= 3);
    const waited = bot.events.length;
    expect(bot.payloads('bot.health.heartbeat').map(({ published }) => published)).toEqual([...Array(waited).keys()]);
    assign({ ROOMD_ATTEMPT: '3', ROOMD_ASSISTANT_ID: 'ann', ROOMD_TENANT_ID: 'ten', ROOMD_SPEC_VERSION: specVersion });
    await bot.seen('assistant.session.started');
    bot.send({ type: 'app_message', text: 'hello' });
    await bot.seen('room.message.sent');
    bot.send({ type: 'shutdown', reason: 'requested', deadlineMs: 60_000 });
    await bot.seen('assistant.session.ended');
    bot.send({ type: 'ack', through: bot.events.at(-1)?.id ?? '' });
    expect(await bot.exited).toEqual({ code: 0, signal: null });
    const own = bot.events.filter(({ roomId }) => roomId !== undefined);
    expect(own.map(({ topic }) => topic)).toEqual([
      ...begun,
      'assistant.tool.invoked',
      'room.message.sent',
      'assistant.session.ended',
    ]);
    const beats = bot.events.slice(0, -own.length);
    expect(new Set(beats.map(({ topic }) => topic))).toEqual(new Set(['bot.health.heartbeat']));
    for (const event of bot.events) expect(parseEnvelope(JSON.stringify(event)).ok).toBe(true);
    for (const event of own) {
      expect(event).toMatchObject({ roomId: 'blue', assistantId: 'ann', tenantId: 'ten', meta: { attempt: 3 } });
    }
    expect(new Set(own.map(({ sessionId }) => sessionId)).size).toBe(1);
    const ids = bot.events.map(({ id }) => id);
    expect(ids).toEqual([...new Set(ids)].sort());
    expect(bot.stderr).toBe('');
  });

  test('beats its heart in its room as often as it is told there, its uptime from the start of its stay', async () => {
    const { bot, assign, ready } = waitingBot({ ROOMD_HEARTBEAT_MS: '600000' });
    await ready;
    assign({ ROOMD_HEARTBEAT_MS: '1' });
    const beats = () => bot.events.filter(({ topic, roomId }) => topic === 'bot.health.heartbeat' && roomId === 'blue');
    await bot.until(() => beats().length >= 2);
    expect(beats()[0]?.payload).toMatchObject({ published: 4, dropped: 0, queueFill: 0 });
  });

  test('leaves behind what nobody acknowledged, once it had a room', async () => {
    const { bot, assign, spill, ready } = waitingBot();
    await ready;
    assign();
    await bot.seen('assistant.session.started');
    bot.child.stdin.destroy();
    bot.child.stdout.destroy();
    expect(await bot.exited).toEqual({ code: 0, signal: null });
    const left = readFileSync(spill, 'utf8').trimEnd().split('\n');
    const topics = left.map((line) => (JSON.parse(line) as { topic: string }).topic);
    expect(topics).toEqual([...begun, 'assistant.session.ended']);
  });

  test('takes what follows its assignment in the same breath', async () => {
    const { bot, assign, ready } = waitingBot();
    await ready;
    bot.child.stdin.cork();
    assign({ ROOMD_SPILL_PATH: '' });
    bot.send({ type: 'shutdown', reason: 'requested', deadlineMs: 5_000 });
    bot.child.stdin.uncork();
    expect(await bot.exited).toEqual({ code: 0, signal: null });
    expect(bot.payloads('assistant.session.ended')).toMatchObject([{ reason: 'requested' }]);
  });

  test('has one room only', async () => {
    const { bot, assign, ready } = waitingBot();
    await ready;
    assign();
    assign({ ROOMD_ROOM_ID: 'red' });
    await bot.until(() => bot.stderr.endsWith('\n'));
    await bot.seen('assistant.session.started');
    expect(bot.stderr).toBe('assign ignored: this bot has its room\n');
    expect(new Set(bot.events.slice(1).map(({ roomId }) => roomId))).toEqual(new Set(['blue']));
  });

  test('knows nothing to do but to wait', async () => {
    const { bot, ready } = waitingBot();
    await ready;
    bot.send({ type: 'app_message', text: 'hello' });
    bot.send('{"type":"dance"}');
    await bot.until(() => bot.stderr.split('\n').length === 3);
    expect(bot.stderr).toMatch(/^app_message ignored: this bot has no room yet\ncommand ignored: expected a type of /);
    bot.child.stdin.end();
    expect((await bot.exited).code).toBe(0);
  });

  test('that has a room after all is no different when it had none from the start', async () => {
    const bot = new BotProcess();
    await bot.seen('assistant.session.started');
    bot.send({ type: 'assign', env: { ROOMD_ROOM_ID: 'red' } });
    await bot.until(() => bot.stderr.endsWith('\n'));
    expect(bot.stderr).toBe('assign ignored: this bot has its room\n');
  });
});

describe('a waiting bot leaves at once and without a word', () => {
  test.each<[string, (bot: BotProcess) => unknown]>([
    ['when told to', (bot) => bot.send({ type: 'shutdown', reason: 'idle', deadlineMs: 600_000 })],
    ['at the end of its input', (bot) => bot.child.stdin.end()],
    ['at SIGTERM', (bot) => bot.child.kill('SIGTERM')],
    ['at SIGINT', (bot) => bot.child.kill('SIGINT')],
    ['when nobody reads it', (bot) => bot.child.stdout.destroy()],
  ])('%s', async (_, leave) => {
    const { bot, ready } = waitingBot({ ROOMD_HEARTBEAT_MS: '20' });
    await ready;
    leave(bot);
    expect(await bot.exited).toEqual({ code: 0, signal: null });
    expect(new Set(bot.topics())).toEqual(new Set(['bot.health.heartbeat']));
    expect(bot.stderr).toBe('');
  });

  test('even before it is ready', async () => {
    const { bot, ready } = waitingBot();
    ready.catch(() => {});
    bot.child.stdin.end();
    expect(await bot.exited).toEqual({ code: 0, signal: null });
    expect(bot.stderr).toBe('');
  });

  test('but for what is wrong with it: a crash', async () => {
    const fault = join(testFolder(), 'fault.cjs');
    writeFileSync(fault, "process.on('SIGUSR2', () => { throw new Error('out of luck'); });");
    const { bot, ready } = waitingBot({}, ['--require', fault]);
    await ready;
    bot.child.kill('SIGUSR2');
    expect(await bot.exited).toEqual({ code: 1, signal: null });
    expect(bot.topics()).toEqual(['bot.health.heartbeat']);
    expect(bot.stderr).toMatch(/^Error: out of luck\n {4}at .*fault\.cjs/);
  });
});

describe('an assignment that makes no sense ends as a start would: 78', () => {
  test('without a room', async () => {
    const { bot, ready } = waitingBot();
    await ready;
    bot.send({ type: 'assign', env: { ROOMD_ATTEMPT: 'first' } });
    expect(await bot.exited).toEqual({ code: 78, signal: null });
    expect(bot.topics().slice(1)).toEqual(['assistant.session.failed']);
    expect(bot.stderr).toBe(
      'ROOMD_ROOM_ID: expected the name of a room, got nothing\n' +
        'ROOMD_ATTEMPT: expected a whole number, 1 or more, got "first"\n',
    );
  });

  test('with a policy that is not there', async () => {
    const { bot, assign, ready } = waitingBot();
    await ready;
    assign({ BOT_POLICY_PATH: '/nowhere/policy.json', ROOMD_SPILL_PATH: '' });
    expect(await bot.exited).toEqual({ code: 78, signal: null });
    expect(bot.stderr).toBe('expected a readable policy snapshot, got ENOENT\n');
  });
});
