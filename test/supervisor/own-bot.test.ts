import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { botCommand, ownBotCommand } from '../../supervisor/own-bot.ts';
import { builtBot, liveOnce } from '../bot/built-bot.ts';
import { testFolder } from '../helpers/bot-process.ts';
import { recording } from '../helpers/recording.ts';

const run = promisify(execFile);

/** What a bot's process may do: each attempt, by name, and what came of it. */
async function attempts(code: string, readable: readonly string[] = []): Promise<Record<string, string>> {
  const folder = testFolder();
  const start = join(folder, 'bot.cjs');
  const frame = `
    const { join } = require('node:path');
    const fs = require('node:fs');
    const results = {};
    const attempt = (name, action) => {
      try { action(); results[name] = 'done'; } catch (error) { results[name] = error.code; }
    };
    ${code}
    console.log(JSON.stringify(results));`;
  writeFileSync(start, frame);
  const runs = testFolder();
  const [cwd, other] = [join(runs, 'one'), join(runs, 'other')];
  for (const path of [cwd, other]) mkdirSync(path);
  writeFileSync(join(cwd, 'own'), '');
  writeFileSync(join(other, 'policy.json'), '');
  const [program = '', ...args] = botCommand(start, readable);
  return JSON.parse((await run(program, args, { cwd })).stdout) as Record<string, string>;
}

describe("roomd's own bot", () => {
  test('has no access to what it does not need', async () => {
    const results = await attempts(`
      attempt('file', () => fs.readFileSync('/etc/hostname'));
      attempt('other run', () => fs.readFileSync('../other/policy.json'));
      attempt('listing', () => fs.readdirSync('..'));
      attempt('other file', () => fs.writeFileSync('../other/policy.json', ''));
      attempt('neighbour', () => fs.writeFileSync(process.cwd() + '-2', ''));
      attempt('bundle', () => fs.writeFileSync(__filename, ''));
      attempt('link', () => fs.symlinkSync('/etc/hostname', 'link'));
      attempt('process', () => require('node:child_process').spawnSync('true'));
      attempt('thread', () => new (require('node:worker_threads').Worker)('', { eval: true }));
      attempt('native code', () => process.dlopen({ exports: {} }, 'x.node'));`);
    expect(Object.keys(results)).toHaveLength(10);
    for (const [name, result] of Object.entries(results)) {
      // Native code that isn't there to be found is refused before it is looked for.
      expect([name, result]).toEqual([name, name === 'native code' ? 'ERR_DLOPEN_DISABLED' : 'ERR_ACCESS_DENIED']);
    }
  });

  test('has access to its run, its bundle and the folders it is given', async () => {
    const meetings = testFolder();
    writeFileSync(join(meetings, 'talk.jsonl'), '');
    const results = await attempts(
      `
      attempt('run', () => fs.readFileSync('own'));
      attempt('run, by its whole name', () => fs.readFileSync(join(process.cwd(), 'own')));
      attempt('writing', () => { fs.writeFileSync('a', ''); fs.renameSync('a', 'b'); fs.rmSync('b'); });
      attempt('bundle', () => fs.readFileSync(__filename));
      attempt('randomness', () => fs.closeSync(fs.openSync('/dev/urandom', 'r')));
      attempt('meetings', () => fs.readFileSync(${JSON.stringify(join(meetings, 'talk.jsonl'))}));`,
      [meetings],
    );
    expect(Object.keys(results)).toHaveLength(6);
    expect(new Set(Object.values(results))).toEqual(new Set(['done']));
  });

  test('lives all the same: its events, and what it leaves behind', async () => {
    const { start, folder } = builtBot();
    const runFolder = join(folder, 'a data folder', 'runs', 'one');
    const spill = join(runFolder, 'unacknowledged.jsonl');
    const { code, events, stderr } = await liveOnce(botCommand(start, []), {
      folder: runFolder,
      env: { ROOMD_SPILL_PATH: spill, ROOMD_HEARTBEAT_MS: '1' },
      begun: ({ stdin }) => stdin?.end(),
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const left = readFileSync(spill, 'utf8').trimEnd().split('\n');
    const topics = left.map((line) => (JSON.parse(line) as { topic: string }).topic);
    expect(topics).toEqual([
      'conversation.policy.loaded',
      'assistant.room.join.requested',
      'assistant.room.join.succeeded',
      'assistant.session.started',
      'assistant.session.ended',
    ]);
    expect(events.slice(0, 4).map(({ topic }) => topic)).toEqual(topics.slice(0, 4));
    expect(readdirSync(runFolder).sort()).toEqual(['policy.json', 'unacknowledged.jsonl']);
  });

  test('waits without a trace: its first line is its heartbeat, and its folder stays empty', async () => {
    const { start, folder } = builtBot();
    const cwd = join(folder, 'run');
    mkdirSync(cwd);
    const [program = '', ...args] = botCommand(start, []);
    const env = { ROOMD_WARM: '1', ROOMD_RUN_ID: 'run-1', ROOMD_HEARTBEAT_MS: '1' };
    const bot = run(program, args, { cwd, env });
    let files: string[] | undefined;
    bot.child.stdout?.once('data', () => {
      files = readdirSync(cwd);
      bot.child.stdin?.end();
    });
    const { stdout, stderr } = await bot;
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { topic: string; payload: object });
    expect(events[0]).toMatchObject({ topic: 'bot.health.heartbeat', payload: { published: 0, dropped: 0 } });
    expect(new Set(events.map(({ topic }) => topic))).toEqual(new Set(['bot.health.heartbeat']));
    expect([files, readdirSync(cwd), stderr]).toEqual([[], [], '']);
  });

  test('is compiled already, isolated or not', async () => {
    const { start, script, code } = builtBot();
    const ask = `const { Script } = require('node:vm');
      const { readFileSync } = require('node:fs');
      const text = readFileSync(process.argv[1], 'latin1');
      console.log(new Script(text, { cachedData: readFileSync(process.argv[2]) }).cachedDataRejected);`;
    const [program = '', ...args] = botCommand(start, []).slice(0, -1);
    const { stdout } = await run(program, [...args, '-e', ask, script, code], { cwd: dirname(start) });
    expect(stdout).toBe('false\n');
  });

  test('plays a meeting from the folder it is given, be that a link, and made after the command', async () => {
    const { start, folder } = builtBot();
    const real = join(folder, 'meetings');
    const link = join(folder, 'link');
    symlinkSync(real, link);
    const command = botCommand(start, [link]);
    mkdirSync(real);
    const options = recording(link, [{ start: 0, end: 1, participant: 'Ada', text: '' }], 10_000);
    const env = { ROOMD_CONNECTOR: 'transcript', ROOMD_OPTIONS: options };
    expect(await liveOnce(command, { env, stay: true })).toMatchObject({ code: 0, stderr: '', last: 'meeting_over' });
  });

  test('starts where its bundle or its data folder are reached by a link', async () => {
    const { folder } = builtBot();
    const links = testFolder();
    symlinkSync(folder, join(links, 'dist'));
    const command = botCommand(join(links, 'dist', 'bot.cjs'), []);
    mkdirSync(join(folder, 'data'));
    symlinkSync(join(folder, 'data'), join(links, 'data'));
    // The supervisor names the data folder by what it is.
    const data = realpathSync(join(links, 'data'));
    expect(await liveOnce(command, { folder: join(data, 'run') })).toMatchObject({ code: 0, last: 'requested' });
  });

  test('does without code that was damaged or is missing', async () => {
    const { start, code } = builtBot();
    expect(botCommand(start, [])).not.toContain('--compile');
    const bytes = readFileSync(code);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    writeFileSync(code, bytes);
    expect(botCommand(start, []).at(-1)).toBe('--compile');
    expect(await liveOnce(botCommand(start, []))).toMatchObject({ code: 0, stderr: '', last: 'requested' });
    rmSync(code);
    expect(botCommand(start, []).at(-1)).toBe('--compile');
  });

  test('is the one that was built', async () => {
    const command = ownBotCommand([]);
    expect(command.at(-1)).toMatch(/\/dist\/bot\.cjs$/);
    expect(await liveOnce(command)).toMatchObject({ code: 0, last: 'requested' });
  });
});
