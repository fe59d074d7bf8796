import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { builtBot, liveOnce } from './built-bot.ts';

/** Whether V8 takes this code for this script, with these of Node's options: asked in a process of its own. */
function refused(script: string, code: string, options: readonly string[] = []): boolean {
  const ask = `
    const [, script, code] = process.argv;
    const { readFileSync } = require('node:fs');
    const { Script } = require('node:vm');
    const cachedData = readFileSync(code);
    console.log(new Script(readFileSync(script, 'latin1'), { filename: script, cachedData }).cachedDataRejected);`;
  return execFileSync(process.execPath, [...options, '-e', ask, script, code], { encoding: 'utf8' }) === 'true\n';
}

describe('the code that V8 made at build', () => {
  test('is taken by the Node that made it, wherever it stands and with the options that bots get', () => {
    const { script, code } = builtBot();
    expect(refused(script, code)).toBe(false);
    const options = ['--max-old-space-size=512', '--permission', '--allow-fs-read=*'];
    expect(refused(script, code, options)).toBe(false);
    // The question can be answered otherwise.
    expect(refused(script, code, ['--single-threaded'])).toBe(true);
  });

  test('is that of functions which have run, not only what V8 makes of a script before', () => {
    const { script, code } = builtBot();
    const ask = `const { Script } = require('node:vm');
      const text = require('node:fs').readFileSync(process.argv[1], 'latin1');
      console.log(new Script(text).createCachedData().length);`;
    const before = Number(execFileSync(process.execPath, ['-e', ask, script], { encoding: 'utf8' }));
    expect(readFileSync(code).length).toBeGreaterThan(before * 1.5);
  });

  test.each<[string, (bot: ReturnType<typeof builtBot>) => void]>([
    ['as built', () => {}],
    ['without it', ({ code }) => rmSync(code)],
    ['with an empty one', ({ code }) => truncateSync(code)],
    ['with half of it', ({ code }) => truncateSync(code, 50_000)],
    ['with junk', ({ code }) => writeFileSync(code, Buffer.alloc(readFileSync(code).length, 7))],
    [
      'of another Node',
      ({ start, code }) => {
        // Would crash the process if it were believed.
        const bytes = readFileSync(code);
        bytes.fill(0x55, 100);
        writeFileSync(code, bytes);
        writeFileSync(start, readFileSync(start, 'utf8').replace(process.version, 'v24.0.0'));
      },
    ],
  ])('changes nothing: %s', async (_, change) => {
    const bot = builtBot();
    change(bot);
    expect(await liveOnce([process.execPath, bot.start])).toMatchObject({ code: 0, stderr: '', last: 'requested' });
  });

  test('is left alone when told so', async () => {
    const bot = builtBot();
    const bytes = readFileSync(bot.code);
    writeFileSync(bot.code, bytes.fill(0x55, 100));
    const life = await liveOnce([process.execPath, bot.start, '--compile']);
    expect(life).toMatchObject({ code: 0, stderr: '', last: 'requested' });
  });

  test('leaves the names of files and places in what a crash says', async () => {
    const bot = builtBot();
    const fault = join(bot.folder, 'fault.cjs');
    writeFileSync(fault, "process.memoryUsage.rss = () => { throw new Error('out of luck'); };");
    const env = { ROOMD_HEARTBEAT_MS: '1' };
    const { code, stderr } = await liveOnce([process.execPath, '--require', fault, bot.start], { env, stay: true });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^Error: out of luck\n/);
    expect(stderr).toMatch(new RegExp(`at .*\\(${bot.script}:\\d+:\\d+\\)`));
  });
});

test('a bot in a local room has said its first words before anything heavy is loaded', async () => {
  const bot = builtBot();
  const look = join(bot.folder, 'look.cjs');
  // Comes before what the bot itself puts off.
  const heavy = "['crypto', 'stream', 'net', 'worker_threads'].filter((name) => loaded.has('NativeModule ' + name))";
  writeFileSync(
    look,
    `setImmediate(() => {
      const loaded = new Set(process.moduleLoadList);
      console.error(loaded.has('NativeModule fs'), ...${heavy});
    });`,
  );
  const { events, stderr } = await liveOnce([process.execPath, '--require', look, bot.start]);
  expect(stderr).toBe('true\n');
  expect(events).toHaveLength(5);
});

test('a build leaves one of each', () => {
  const names = readdirSync(new URL('../../dist', import.meta.url)).filter((name) => name.startsWith('bot'));
  expect(names.map((name) => name.replace(/[0-9a-f]{16}/, 'HASH')).sort()).toEqual([
    'bot-HASH.code',
    'bot-HASH.js',
    'bot.cjs',
  ]);
});
