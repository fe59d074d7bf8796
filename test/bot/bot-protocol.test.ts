import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text as read } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Command, parseCommand } from '../../spec/command.ts';
import { parseEnvelope } from '../../spec/envelope.ts';
import { specVersion } from '../../spec/spec-version.ts';
import { testFolder } from '../helpers/bot-process.ts';
import { standInPages } from './rooms/daily/stand-in-page.ts';

const text = readFileSync(new URL('../../spec/bot-protocol.md', import.meta.url), 'utf8');
const scripts = (language: string) =>
  [...text.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs'))].map(([, script = '']) => script);
const [smallest = '', answering = '', calling = ''] = scripts('python');
const answeringInJs = scripts('js').find((script) => script.startsWith('import ')) ?? '';
const python = spawnSync('python3', ['--version']).status === 0;
const SHUTDOWN = { type: 'shutdown', reason: 'done', deadlineMs: 1 };

/** What a script says to these commands, parsed as the supervisor would. */
function live(program: string, args: readonly string[], commands: readonly object[], env = {}) {
  const { stdout, status, stderr } = spawnSync(program, args, {
    input: commands.map((command) => `${JSON.stringify(command)}\n`).join(''),
    env: { PATH: process.env.PATH, ROOMD_SPEC_VERSION: specVersion, ROOMD_HEARTBEAT_MS: '60000', ...env },
    encoding: 'utf8',
  });
  expect([stderr, status]).toEqual(['', 0]);
  return stdout.trim().split('\n').map(parseEnvelope);
}

test.skipIf(!python)('the bot in the protocol document runs and keeps the protocol', () => {
  const warning = { type: 'policy.warn', rule: 'r', causeId: 'c' };
  expect(live('python3', ['-c', smallest], [warning, SHUTDOWN])).toMatchObject([
    { ok: true, envelope: { topic: 'assistant.room.join.requested', specVersion } },
    { ok: true, envelope: { topic: 'assistant.room.join.succeeded' } },
    { ok: true, envelope: { topic: 'assistant.session.ended', payload: { reason: 'done' } } },
  ]);
});

const scriptFile = () => {
  const path = join(testFolder(), 'bot.mjs');
  writeFileSync(path, answeringInJs);
  return path;
};

describe.each<[string, string, () => readonly string[], boolean]>([
  ['Python', 'python3', () => ['-c', answering], python],
  ['JavaScript', process.execPath, () => [scriptFile()], true],
])('the bot of a local room in the protocol document, in %s', (_, program, args, there) => {
  test.skipIf(!there)('answers whoever mentions it, in reply, and nothing else', () => {
    const said = (messageId: string, of: object = {}, more: object = {}): Command => {
      const payload = { messageId, participantId: 'p-1', text: 'héllo', mentions: ['ann'], at: 7, ...of };
      const event = { id: '01930b7c-1f2a-7c3d-9e4f-5a6b7c8d9e0f', ts: 1, topic: 'room.message.received', payload };
      return { type: 'room.event', event, ...more };
    };
    const typing = said('e');
    if (typing.type === 'room.event') Object.assign(typing.event, { topic: 'room.typing.started' });
    const long = said('f', { text: 'x'.repeat(4_096) });
    const others = [said('a', {}, { past: true }), said('b', { mentions: ['bo'] }), said('c', { mentions: undefined })];
    const commands = [...others, typing, said('d', {}, { missed: 2 }), long, SHUTDOWN];
    for (const command of commands) expect(parseCommand(JSON.parse(JSON.stringify(command))).ok).toBe(true);
    const heard = live(program, args(), commands, { ROOMD_ASSISTANT_ID: 'ann' });
    expect(heard).toMatchObject([
      { ok: true, envelope: { topic: 'assistant.room.join.requested' } },
      { ok: true, envelope: { topic: 'assistant.room.join.succeeded' } },
      {
        ok: true,
        envelope: {
          topic: 'room.message.sent',
          payload: { participantId: 'ann', text: 'You said: héllo', replyTo: 'd', at: 7 },
        },
      },
      { ok: true, envelope: { payload: { replyTo: 'f' } } },
      { ok: true, envelope: { topic: 'assistant.session.ended', payload: { reason: 'done' } } },
    ]);
    const [, , sent, end] = live(program, args(), [said('g'), said('h', { mentions: ['bot'] }), SHUTDOWN]);
    expect(sent).toMatchObject({ ok: true, envelope: { payload: { participantId: 'bot', replyTo: 'h' } } });
    expect(end).toMatchObject({ ok: true, envelope: { topic: 'assistant.session.ended' } });
  });
});

test.skipIf(!python)(
  'the bot of a call in the protocol document joins, says hello, and ends with the call',
  async () => {
    const pages = await standInPages();
    const { answer } = pages;
    pages.answer = (page, order) => {
      answer(page, order);
      if (order.do === 'send') page.happens({ action: 'left-meeting' });
    };
    const env = { PATH: process.env.PATH, ROOMD_SPEC_VERSION: specVersion, ROOMD_HEARTBEAT_MS: '60000' };
    const child = spawn('python3', ['-c', calling], { env, stdio: 'pipe' });
    onTestFinished(() => void child.kill('SIGKILL'));
    const access: Command = { type: 'room.access', url: 'https://a.example/blue', token: 'secret', page: pages.path };
    expect(parseCommand(access).ok).toBe(true);
    child.stdin.write(`${JSON.stringify(access)}\n`);
    const [stdout, stderr, [code]] = await Promise.all([read(child.stdout), read(child.stderr), once(child, 'close')]);
    expect([code, stderr]).toEqual([0, '']);
    expect(pages.last.orders).toMatchObject([
      { do: 'join', url: 'https://a.example/blue', token: 'secret' },
      { do: 'send', to: '*', data: { event: 'chat-msg', message: 'Hello!' } },
    ]);
    expect(stdout.trim().split('\n').map(parseEnvelope)).toMatchObject([
      { ok: true, envelope: { topic: 'assistant.room.join.requested' } },
      { ok: true, envelope: { topic: 'assistant.room.join.succeeded' } },
      { ok: true, envelope: { topic: 'room.message.sent' } },
      { ok: true, envelope: { topic: 'assistant.session.ended', payload: { reason: 'meeting_over' } } },
    ]);
    expect(stdout).not.toContain('secret');
  },
);

describe.each<[string, string, () => readonly string[], boolean]>([
  ['of a local room, in Python,', 'python3', () => ['-c', answering], python],
  ['of a local room, in JavaScript,', process.execPath, () => [scriptFile()], true],
  ['of a call', 'python3', () => ['-c', calling], python],
])('the bot %s in the protocol document', (_, program, args, there) => {
  test.skipIf(!there)('says that it is alive, as long as nothing else happens', async () => {
    const env = { PATH: process.env.PATH, ROOMD_SPEC_VERSION: specVersion, ROOMD_HEARTBEAT_MS: '20' };
    const child = spawn(program, args(), { env, stdio: ['pipe', 'pipe', 'inherit'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    let beats = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      const read = parseEnvelope(line);
      expect(read).toMatchObject({ ok: true });
      if (read.ok && read.envelope.topic === 'bot.health.heartbeat') beats += 1;
      if (beats === 3) child.stdin.end(`${JSON.stringify(SHUTDOWN)}\n`);
    }
    expect(beats).toBeGreaterThanOrEqual(3);
    expect(child.exitCode ?? (await once(child, 'exit'))[0]).toBe(0);
  });
});

test('how to get into a call, in the protocol document, are commands', () => {
  const lines = scripts('js').find((script) => script.includes('room.access')) ?? '';
  const commands = lines.replace(/,\n /g, ', ').trim().split('\n');
  expect(commands.map((line) => parseCommand(JSON.parse(line)).ok)).toEqual([true, true]);
});

test('a room event in the protocol document is a command', () => {
  const line = scripts('js').find((script) => script.startsWith('{')) ?? '';
  const id = '01930b7c-1f2a-7c3d-9e4f-5a6b7c8d9e0f';
  expect(parseCommand(JSON.parse(line.replaceAll('"…"', `"${id}"`)))).toMatchObject({ ok: true });
});

test('the event in the protocol document is valid, with the version put in', () => {
  const line = /```json\n(.*?)\n```/s.exec(text)?.[1] ?? '';
  expect(parseEnvelope(line.replace('sha256:…', specVersion))).toMatchObject({ ok: true });
});
