import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseEnvelope } from '../../spec/envelope.ts';
import { specVersion } from '../../spec/spec-version.ts';
import { BotProcess, testFolder } from '../helpers/bot-process.ts';
import { recording } from '../helpers/recording.ts';

const begun = [
  'conversation.policy.loaded',
  'assistant.room.join.requested',
  'assistant.room.join.succeeded',
  'assistant.session.started',
];

describe('the real bot', () => {
  test('P6, P12: local room, told to shut down', async () => {
    const env = { ROOMD_ASSISTANT_ID: 'ann', ROOMD_TENANT_ID: 'ten', ROOMD_ATTEMPT: '3' };
    const bot = new BotProcess({ env });
    await bot.seen('assistant.session.started');
    bot.send({ type: 'app_message', text: 'hello' });
    await bot.seen('room.message.sent');
    bot.send({ type: 'shutdown', reason: 'requested', deadlineMs: 5_000 });
    expect(await bot.exited).toEqual({ code: 0, signal: null });
    expect(bot.topics()).toEqual([...begun, 'assistant.tool.invoked', 'room.message.sent', 'assistant.session.ended']);
    expect(bot.payloads('assistant.session.ended')).toMatchObject([{ reason: 'requested' }]);
    const sessions = new Set(bot.events.map(({ sessionId }) => sessionId));
    expect(sessions.size).toBe(1);
    for (const event of bot.events) {
      expect(parseEnvelope(JSON.stringify(event)).ok).toBe(true);
      expect(event).toMatchObject({ roomId: 'blue', assistantId: 'ann', tenantId: 'ten', runtime: 'bot', specVersion });
      expect(event.meta).toEqual({ attempt: 3 });
    }
    expect(bot.stderr).toBe('');
  });

  test('P12: the room is over with the recording', async () => {
    const spoken = [
      { start: 0, end: 100, participant: 'Ada', text: 'a long story' },
      { start: 80, end: 110, participant: 'Bo', text: 'but that is not how it was' },
    ];
    const options = recording(testFolder(), spoken, 10_000);
    const bot = new BotProcess({ env: { ROOMD_CONNECTOR: 'transcript', ROOMD_OPTIONS: options } });
    expect(await bot.exited).toEqual({ code: 0, signal: null });
    expect(bot.topics()).toEqual([
      ...begun,
      'room.participant.joined',
      'room.participant.joined',
      'room.speaker.changed',
      'room.dominance.score',
      'room.dominance.score',
      'assistant.tool.invoked',
      'room.message.sent',
      'room.speaker.changed',
      'room.dominance.score',
      'room.speaker.changed',
      'room.transcript.received',
      'room.speaker.changed',
      'room.transcript.received',
      'room.dominance.score',
      'room.participant.left',
      'room.participant.left',
      'assistant.session.ended',
    ]);
    expect(bot.payloads('room.dominance.score').at(-1)).toMatchObject({
      at: 110_000,
      participants: [
        { participantId: 'Ada', seconds: 100 },
        { participantId: 'Bo', seconds: 30 },
      ],
    });
    expect(bot.payloads('room.message.sent')).toMatchObject([{ at: 60_000, participantId: 'bot' }]);
    expect(bot.payloads('assistant.session.ended')).toMatchObject([{ reason: 'meeting_over' }]);
  });

  test('P19: a policy that forbids speaking is kept, and broken by nobody', async () => {
    const spoken = [
      { start: 0, end: 400, participant: 'Ada', text: '' },
      { start: 1, end: 2, participant: 'Bo', text: '' },
    ];
    const options = recording(testFolder(), spoken, 10_000);
    const env = { ROOMD_CONNECTOR: 'transcript', ROOMD_OPTIONS: options };
    const bot = new BotProcess({ env, policy: { tools: { deny: ['message.*'] } } });
    expect(await bot.exited).toEqual({ code: 0, signal: null });
    // One at once, the others of a second together.
    const violations = bot.payloads('conversation.policy.violation');
    expect(violations[0]).toMatchObject({ rule: 'tools.deny', count: 1 });
    expect(violations.at(-1)).toMatchObject({ rule: 'tools.deny', count: 3 });
    expect(bot.payloads('assistant.tool.invoked')).toHaveLength(3);
    expect(bot.payloads('room.message.sent')).toEqual([]);
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('P12: %s', async (signal) => {
    const bot = new BotProcess();
    await bot.seen('assistant.session.started');
    bot.child.kill(signal);
    expect(await bot.exited).toEqual({ code: 0, signal: null });
    expect(bot.payloads('assistant.session.ended')).toMatchObject([{ reason: signal }]);
  });

  test('P12: end of standard input, even before anything has happened', async () => {
    const bot = new BotProcess();
    bot.child.stdin.end();
    expect(await bot.exited).toEqual({ code: 0, signal: null });
    expect(bot.topics()).toEqual([...begun, 'assistant.session.ended']);
    expect(bot.payloads('assistant.session.ended')).toMatchObject([{ reason: 'supervisor_gone' }]);
  });

  test('a reader that has gone does not crash it', async () => {
    const bot = new BotProcess({ env: { ROOMD_HEARTBEAT_MS: '20' } });
    await bot.seen('assistant.session.started');
    bot.child.stdout.destroy();
    expect(await bot.exited).toEqual({ code: 0, signal: null });
  });

  test('lines that are no commands are told on standard error and change nothing', async () => {
    const bot = new BotProcess();
    bot.send('junk');
    bot.send('{"type":"dance"}');
    await bot.until(() => bot.stderr.split('command ignored').length === 3);
    bot.child.stdin.end();
    expect((await bot.exited).code).toBe(0);
  });

  test('P5: another spec of the supervisor is told, with both versions', async () => {
    const bot = new BotProcess({ env: { ROOMD_SPEC_VERSION: 'sha256:other' } });
    bot.child.stdin.end();
    expect((await bot.exited).code).toBe(0);
    expect(bot.stderr).toContain('sha256:other');
    expect(bot.stderr).toContain(specVersion);
  });
});

describe('78, never again', () => {
  test('P18: a snapshot that fails the check', async () => {
    const path = join(testFolder(), 'policy.json');
    const policyVersion = `sha256:${'0'.repeat(64)}`;
    writeFileSync(path, JSON.stringify({ policyVersion, layers: [], policy: {} }));
    const bot = new BotProcess({ env: { BOT_POLICY_PATH: path } });
    expect(await bot.exited).toEqual({ code: 78, signal: null });
    expect(bot.topics()).toEqual(['assistant.session.failed']);
    expect(bot.payloads('assistant.session.failed')).toMatchObject([{ retryable: false }]);
    expect(bot.stderr).toMatch(/expected the policy's hash sha256:[0-9a-f]{64}, got sha256:0{64}\n$/);
  });

  test('an environment that lacks what it needs', async () => {
    const bot = new BotProcess({ env: { ROOMD_ROOM_ID: undefined, ROOMD_ATTEMPT: 'first' } });
    expect(await bot.exited).toEqual({ code: 78, signal: null });
    expect(bot.topics()).toEqual(['assistant.session.failed']);
    expect(bot.stderr).toBe(
      'ROOMD_ROOM_ID: expected the name of a room, got nothing\n' +
        'ROOMD_ATTEMPT: expected a whole number, 1 or more, got "first"\n',
    );
  });

  test('P9: a recording with a bad line', async () => {
    const folder = testFolder();
    writeFileSync(join(folder, 'talk.jsonl'), 'junk\n');
    const ROOMD_OPTIONS = JSON.stringify({ folder, meeting: 'talk' });
    const bot = new BotProcess({ env: { ROOMD_CONNECTOR: 'transcript', ROOMD_OPTIONS } });
    expect(await bot.exited).toEqual({ code: 78, signal: null });
    expect(bot.topics().slice(1)).toEqual([
      'assistant.room.join.requested',
      'assistant.room.join.failed',
      'assistant.session.failed',
    ]);
    expect(bot.stderr).toBe('talk.jsonl: line 1: expected one JSON object a line\n');
  });
});
