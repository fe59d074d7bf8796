import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, test } from 'vitest';
import type { Command } from '../../spec/command.ts';
import type { ConversationPolicy } from '../../spec/policy.ts';
import { canonicalJson, sha256 } from '../../spec/version.ts';
import { botCommand } from '../../supervisor/own-bot.ts';
import { BotProcess, testFolder } from '../helpers/bot-process.ts';
import { builtBot, liveOnce } from './built-bot.ts';

/** Replaces the snapshot as the supervisor does: whoever reads finds the old one or the new one. Returns its version. */
function put(path: string, policy: ConversationPolicy, change: object = {}): string {
  const policyVersion = sha256(canonicalJson(policy));
  writeFileSync(`${path}.new`, JSON.stringify({ policyVersion, layers: ['file'], policy, ...change }), { mode: 0o600 });
  renameSync(`${path}.new`, path);
  return policyVersion;
}

function aBot(policy: ConversationPolicy, env: Record<string, string> = {}) {
  const path = join(testFolder(), 'policy.json');
  const first = put(path, policy);
  const bot = new BotProcess({ env: { ...env, BOT_POLICY_PATH: path } });
  const versions = () => bot.payloads('conversation.policy.loaded').map(({ policyVersion }) => policyVersion);
  return { path, first, bot, versions };
}

describe('the real bot', () => {
  test('P21: an update is acknowledged, once for each command, and kept to from then on', async () => {
    const { path, first, bot, versions } = aBot({ content: { blockedPhrases: ['secret'] } });
    await bot.seen('assistant.session.started');
    bot.send({ type: 'app_message', text: 'a plan' });
    await bot.seen('room.message.sent');
    const second = put(path, { content: { blockedPhrases: ['the Plan', 'secret'] } });
    bot.send({ type: 'policy.update', policyVersion: second });
    bot.send({ type: 'app_message', text: 'the  PLAN' });
    bot.send({ type: 'policy.update', policyVersion: second });
    bot.send({ type: 'app_message', text: 'a plan' });
    await bot.until(() => bot.payloads('room.message.sent').length === 2);
    bot.send({ type: 'shutdown', reason: 'requested', deadlineMs: 5_000 });
    expect(await bot.exited).toEqual({ code: 0, signal: null });
    expect(versions()).toEqual([first, second, second]);
    const [violation, ...others] = bot.payloads('conversation.policy.violation');
    expect(violation).toMatchObject({ policyVersion: second, rule: 'content.blockedPhrases', action: 'blocked' });
    expect(others).toEqual([]);
    expect(bot.stderr).toBe('');
    expect(JSON.stringify(violation).toLowerCase()).not.toContain('plan');
  });

  test('P21: a restriction tightens, without forgetting what was sent', async () => {
    const { path, bot, versions } = aBot({});
    await bot.seen('assistant.session.started');
    bot.send({ type: 'app_message', text: 'one' });
    await bot.seen('room.message.sent');
    const policyVersion = put(path, { turns: { maxPerMinute: 1 } });
    bot.send({ type: 'policy.restrict', policyVersion, rule: 'turns.maxChars', causeId: 'c' });
    bot.send({ type: 'app_message', text: 'two' });
    await bot.seen('conversation.policy.violation');
    expect(versions().at(-1)).toBe(policyVersion);
    expect(bot.payloads('conversation.policy.violation')).toMatchObject([
      { policyVersion, rule: 'turns.maxPerMinute', action: 'blocked', count: 1 },
    ]);
    expect(bot.payloads('room.message.sent')).toHaveLength(1);
    await bot.until(() => bot.stderr.endsWith('\n'));
    expect(bot.stderr).toBe('restricted: turns.maxChars, because of c\n');
  });

  test('P21: one that comes before the room is joined holds in it', async () => {
    const folder = testFolder();
    // A recording that can't be read before somebody writes it: until then the bot joins.
    execFileSync('mkfifo', [join(folder, 'talk.jsonl')]);
    const ROOMD_OPTIONS = JSON.stringify({ folder, meeting: 'talk', speed: 1 });
    const { path, first, bot, versions } = aBot({}, { ROOMD_CONNECTOR: 'transcript', ROOMD_OPTIONS });
    await bot.seen('assistant.room.join.requested');
    const second = put(path, { turns: { maxPerSession: 0 } });
    bot.send({ type: 'policy.restrict', policyVersion: second, rule: 'turns.maxChars', causeId: 'c' });
    await bot.until(() => versions().length === 2);
    expect(versions()).toEqual([first, second]);
    writeFileSync(join(folder, 'talk.jsonl'), '{"start":0,"end":1000,"participant":"Ada","text":"hello"}\n');
    await bot.seen('assistant.session.started');
    expect(bot.payloads('assistant.session.started')).toMatchObject([{ policyVersion: second }]);
    bot.send({ type: 'app_message', text: 'hello' });
    await bot.seen('conversation.policy.violation');
    expect(bot.payloads('conversation.policy.violation')).toMatchObject([{ rule: 'turns.maxPerSession' }]);
    expect(bot.payloads('room.message.sent')).toEqual([]);
  });

  test('P21: one that comes in the same breath as the room is acknowledged, too', async () => {
    const of = { ROOMD_ROOM_ID: '', ROOMD_WARM: '1', ROOMD_HEARTBEAT_MS: '600000' };
    const { path, bot, versions } = aBot({}, of);
    await bot.seen('bot.health.heartbeat');
    const policyVersion = put(path, { turns: { maxPerSession: 0 } });
    bot.child.stdin.cork();
    bot.send({ type: 'assign', env: { ROOMD_ROOM_ID: 'blue' } });
    bot.send({ type: 'policy.update', policyVersion });
    bot.child.stdin.uncork();
    await bot.seen('assistant.session.started');
    await bot.until(() => versions().length === 2);
    expect(versions()).toEqual([policyVersion, policyVersion]);
  });

  test.each<[string, (path: string) => void, RegExp]>([
    ['was tampered with', (path) => put(path, {}, { policy: { turns: { maxChars: 9 } } }), /policyVersion: expected/],
    ['is half there', (path) => writeFileSync(path, '{"policyVersion":'), /in JSON, got something else/],
    ['has gone', (path) => rmSync(path), /expected a readable policy snapshot, got ENOENT/],
    [
      'holds what this bot does not know',
      (path) => put(path, { dress: 'formal' } as ConversationPolicy),
      /policy\.dress: expected nothing that this bot doesn't know/,
    ],
  ])('P18: a snapshot that %s ends it: 78, and not a word more', async (_, spoil, reason) => {
    const { path, first, bot, versions } = aBot({});
    await bot.seen('assistant.session.started');
    spoil(path);
    bot.send({ type: 'policy.update', policyVersion: first });
    bot.send({ type: 'app_message', text: 'hello' });
    expect(await bot.exited).toEqual({ code: 78, signal: null });
    expect(bot.topics().slice(4)).toEqual(['assistant.session.failed']);
    expect(bot.payloads('assistant.session.failed')).toMatchObject([
      { retryable: false, reason: expect.stringMatching(reason) },
    ]);
    expect(bot.stderr).toMatch(reason);
    expect(versions()).toEqual([first]);
  });

  test('P21: a flood of breaches is a few reports, and the last of them counts all', async () => {
    const { bot } = aBot({ turns: { maxChars: 1 } });
    await bot.seen('assistant.session.started');
    for (let i = 0; i < 50; i++) bot.send({ type: 'app_message', text: 'too long' });
    await bot.until(() => bot.payloads('assistant.tool.invoked').length === 50);
    bot.send({ type: 'shutdown', reason: 'requested', deadlineMs: 5_000 });
    expect((await bot.exited).code).toBe(0);
    const counts = bot.payloads('conversation.policy.violation').map(({ count }) => count);
    expect(counts.length).toBeLessThan(50);
    expect([counts[0], counts.at(-1)]).toEqual([1, 50]);
  });

  test('P21: as it was built and under the permissions that it gets, it reads what is new in its folder', async () => {
    const folder = join(testFolder(), 'run');
    mkdirSync(folder);
    const command = botCommand(builtBot().start, []);
    let policyVersion = '';
    const { code, events, stderr } = await liveOnce(command, {
      folder,
      begun: (child) => {
        const tell = (command: Command) => child.stdin?.write(`${JSON.stringify(command)}\n`);
        createInterface({ input: child.stdout as NonNullable<typeof child.stdout> }).on('line', (line) => {
          if (!line.includes(policyVersion)) return;
          tell({ type: 'shutdown', reason: 'requested', deadlineMs: 10_000 });
        });
        policyVersion = put(join(folder, 'policy.json'), { content: { blockedPhrases: ['x'] } });
        tell({ type: 'policy.update', policyVersion });
      },
    });
    expect([code, stderr]).toEqual([0, '']);
    expect(events.map(({ topic }) => topic).slice(-2)).toEqual([
      'conversation.policy.loaded',
      'assistant.session.ended',
    ]);
    expect(events.at(-2)?.payload).toEqual({ policyVersion, layers: ['file'] });
  });
});
