import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { writeSpill } from '../../bot/spill.ts';
import type { Envelope } from '../../spec/envelope.ts';
import { BotProcess, testFolder } from '../helpers/bot-process.ts';

const read = (path: string) =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((text) => JSON.parse(text) as Envelope);

/** A real bot whose supervisor promises to acknowledge. */
function bot(options: ConstructorParameters<typeof BotProcess>[0] = {}) {
  const path = join(testFolder(), 'unacknowledged.jsonl');
  return { path, bot: new BotProcess({ ...options, env: { ROOMD_SPILL_PATH: path, ...options.env } }) };
}

describe('what a bot leaves behind', () => {
  test('is whole, in order, and for its owner alone', () => {
    const folder = testFolder();
    const path = join(folder, 'x.jsonl');
    writeFileSync(`${path}.part`, 'half a li');
    const line = (text: string) => ({ id: text, topic: 't', telemetry: false, text, bytes: 1 });
    writeSpill(path, [line('{"ü":1}'), line('{}')]);
    expect(readFileSync(path, 'utf8')).toBe('{"ü":1}\n{}\n');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['x.jsonl']);
  });

  test('is everything authoritative when its supervisor dies before the first acknowledgement', async () => {
    const { path, bot: child } = bot();
    await child.seen('assistant.session.started');
    child.child.stdin.destroy();
    child.child.stdout.destroy();
    expect(await child.exited).toEqual({ code: 0, signal: null });
    const left = read(path);
    expect(left.map(({ topic }) => topic)).toEqual([
      'conversation.policy.loaded',
      'assistant.room.join.requested',
      'assistant.room.join.succeeded',
      'assistant.session.started',
      'assistant.session.ended',
    ]);
    expect(left.at(-1)?.payload).toMatchObject({ reason: 'supervisor_gone' });
    expect(child.stderr).toBe('');
  });

  test('is what follows the last acknowledgement, and nothing when that was the last event', async () => {
    const partly = bot();
    await partly.bot.seen('assistant.session.started');
    const through = partly.bot.events.find(({ topic }) => topic === 'assistant.room.join.requested')?.id ?? '';
    partly.bot.send({ type: 'ack', through });
    partly.bot.send({ type: 'shutdown', reason: 'requested', deadlineMs: 10_000 });
    await partly.bot.exited;
    expect(read(partly.path).map(({ topic }) => topic)).toEqual([
      'assistant.room.join.succeeded',
      'assistant.session.started',
      'assistant.session.ended',
    ]);

    const wholly = bot();
    await wholly.bot.seen('assistant.session.started');
    wholly.bot.send({ type: 'shutdown', reason: 'requested', deadlineMs: 600_000 });
    await wholly.bot.seen('assistant.session.ended');
    wholly.bot.send({ type: 'ack', through: wholly.bot.events.at(-1)?.id ?? '' });
    expect(await wholly.bot.exited).toEqual({ code: 0, signal: null });
    expect(existsSync(wholly.path)).toBe(false);
  });

  test('is there after a crash, too', async () => {
    const fault = join(testFolder(), 'fault.cjs');
    writeFileSync(fault, "process.on('SIGUSR2', () => { throw new Error('out of luck'); });");
    const { path, bot: child } = bot({ nodeArguments: ['--require', fault] });
    await child.seen('assistant.session.started');
    child.child.kill('SIGUSR2');
    expect(await child.exited).toEqual({ code: 1, signal: null });
    expect(read(path).map(({ topic }) => topic)).toContain('assistant.session.started');
  });

  test('that cannot be written is told', async () => {
    const { path, bot: child } = bot();
    mkdirSync(`${path}.part`);
    await child.seen('assistant.session.started');
    child.child.stdin.end();
    expect(await child.exited).toEqual({ code: 0, signal: null });
    expect(child.stderr).toMatch(/5 events may be lost: expected to write them to ROOMD_SPILL_PATH, got .*EISDIR/);
  });
});
